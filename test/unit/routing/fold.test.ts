import { describe, expect, it } from 'vitest';
import { foldCharacters } from '../../../src/routing/fold.ts';

const fold = (path: string) => {
  const folded = foldCharacters(path);
  return 'text' in folded ? folded.text : folded.fault;
};

describe('foldCharacters', () => {
  it.each([
    ['\u2044\u2215\u2216\u29f5\u29f8\u29f9\u00a5\u20a9／＼℀', '\\\\\\\\\\\\\\\\\\\\a\\c'],
    ['\u2010\u2011\u2013\u2212', '----'],
    ['øłđðħŧƀɡæœ', 'olddhtbgaeoe'],
    ['ØŁĐÐĦŦɃÆŒ', 'olddhtbaeoe'],
    ['αγδεθπστφωςΣ', 'agdetpstfoss'],
    ['ßẞſıİKé', 'sssssiike'],
    ['ａＺ９．；？＃：＄％', 'az9.;?#:$%'],
    ['𝚤ﬃﬅǆ', 'iffistdz'],
    ['a\u200bb\u00adc\ufe0fd\u0301', 'abcd'],
    ['日本語', '日本語'],
  ])('reads %s, escaped, as %s', (text, read) => {
    expect(fold(`/${encodeURIComponent(text)}`)).toBe(`/${read}`);
  });

  it.each([
    ['/A%2Fb/C', '/a\\b/c'],
    ['/%252f%25252F', '/\\\\'],
    ['/100%25', '/100%'],
    ['/%25%EF%BC%92e', '/.'],
    ['/%25%E2%80%8B41', '/a'],
    ['/a%2525252e', 'escape_too_often'],
    ['/a%ff', 'escape_not_utf8'],
    ['/a%25ff', 'escape_not_utf8'],
    ['/a%25c0%25af', 'escape_not_utf8'],
    ['/a%00', 'escape_of_control'],
    ['/a%2585', 'escape_not_utf8'],
    ['/a%25C2%2585', 'escape_of_control'],
    ['/a%25u002e', 'escape_twice'],
    ['/a%2525u002e', 'escape_twice'],
  ])('reads %s as %s', (path, read) => {
    expect(fold(path)).toBe(read);
  });

  it('is the same however much of it another reader has done before', () => {
    for (let code = 0xa0; code < 0x11_0000; code += code < 0x3000 ? 1 : 97) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const character = String.fromCodePoint(code);
      // An iota below a Greek letter is an accent here, and a letter of its own in upper case.
      if (character.normalize('NFD').includes('\u0345')) continue;
      const read = fold(`/${encodeURIComponent(character)}`);
      for (const done of [
        character.toUpperCase(),
        character.toLowerCase(),
        character.normalize('NFKC'),
        character.normalize('NFD'),
      ]) {
        expect(fold(`/${encodeURIComponent(done)}`), code.toString(16)).toBe(read);
      }
    }
  });
});
