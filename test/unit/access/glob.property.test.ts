import { describe, expect, it } from 'vitest';
import { matchesPieces } from '../../../src/access/glob.ts';
import { hasWord } from '../../../src/access/words.ts';
import fc from '../../fixtures/draws.ts';

const text = fc
  .array(fc.constantFrom('a', 'b', '@', '.', '\n', 'é', '😀'), { maxLength: 12 })
  .map((parts) => parts.join(''));
const glob = fc
  .array(fc.constantFrom('a', 'b', '*', '.', 'ab', '😀'), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join('').replace(/\*+/g, '*'))
  .filter((one) => one.includes('*'));

/** What the definition says, by a pattern that backtracks. */
const byPattern = (value: string, pattern: string) =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((piece) => piece.replace(/[.\\+*?()[\]{}|^$]/g, '\\$&'))
      .join('[^]*')}$`,
  ).test(value);

describe('a glob', () => {
  it('matches what the pattern of its definition matches', () => {
    fc.assert(
      fc.property(text, glob, (value, pattern) => {
        expect(matchesPieces(value, pattern.split('*'))).toBe(byPattern(value, pattern));
      }),
      { numRuns: 3_000 },
    );
  });

  it('is done with what makes a backtracking pattern run for ever', () => {
    const pieces = `${'a*'.repeat(100)}b`.split('*');
    expect(matchesPieces('a'.repeat(8_000), pieces)).toBe(false);
    expect(matchesPieces(`${'a'.repeat(8_000)}b`, pieces)).toBe(true);
  });
});

describe('a word of a list', () => {
  const word = fc.constantFrom('a', 'b', 'ab', 'a b', ' a', '');
  it.each(['space', 'comma'] as const)('is one that taking the list apart finds (%s)', (separator) => {
    const lists = fc
      .array(word, { maxLength: 6 })
      .map((words) => words.join(separator === 'space' ? ' ' : ' , '));
    fc.assert(
      fc.property(lists, word, (list, one) => {
        const words = separator === 'space' ? list.split(' ') : list.split(',').map((each) => each.trim());
        const sound = one !== '' && one.trim() === one && !one.includes(separator === 'space' ? ' ' : ',');
        if (sound) expect(hasWord(list, one, separator)).toBe(words.includes(one));
      }),
      { numRuns: 1_000 },
    );
  });
});
