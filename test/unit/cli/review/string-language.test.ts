import { describe, expect, it } from 'vitest';
import { matchesPieces } from '../../../../src/access/glob.ts';
import { hasWord } from '../../../../src/access/words.ts';
import { exactly, glob, someString, withWord } from '../../../../src/cli/review/string-language.ts';
import fc from '../../../fixtures/draws.ts';

const globOf = (text: string) => glob(text.split('*'));

describe('whether every string of one glob is one of another', () => {
  it.each<[string, string, boolean]>([
    ['*@acme.example', '*.example', true],
    ['*.example', '*@acme.example', false],
    ['a*b*c', 'a*c', true],
    ['a*c', 'a*b*c', false],
    ['*a*a*', '*a*', true],
    ['*a*', '*a*a*', false],
    ['ab*ba', 'ab*a', true],
    ['a*a', '*a', true],
    ['*a', 'a*a', false],
    ['*aa*', '*a*a*', true],
    ['*a*a*', '*aa*', false],
    ['*ab*', '*a*b*', true],
  ])('%s in %s: %s', (inner, outer, included) => {
    const beyond = someString([globOf(inner)], [globOf(outer)]);
    expect(beyond === null).toBe(included);
    if (typeof beyond !== 'string') return;
    expect(matchesPieces(beyond, inner.split('*'))).toBe(true);
    expect(matchesPieces(beyond, outer.split('*'))).toBe(false);
  });
});

const pattern = fc
  .array(fc.constantFrom('a', 'b', '*'), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join('').replace(/\*+/g, '*'))
  .filter((text) => text.includes('*'));
const word = fc.constantFrom('a', 'b', 'ab', 'a b', 'a,b');

/** All strings of few characters. */
const short = (alphabet: string, length: number): string[] =>
  length === 0
    ? ['']
    : ['', ...short(alphabet, length - 1).flatMap((text) => [...alphabet].map((letter) => letter + text))];
const ALL = [...new Set(short('abx ,', 5))];

describe('a string of sets', () => {
  it('is in all that are wanted and in none of the others, and there is none shorter', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ text: pattern, holds: fc.boolean() }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.record({ word, separator: fc.constantFrom('space', 'comma'), holds: fc.boolean() }), {
          maxLength: 2,
        }),
        (globs, words) => {
          const pick = (wanted: boolean) => [
            ...globs.filter(({ holds }) => holds === wanted).map(({ text }) => globOf(text)),
            ...words
              .filter(({ holds }) => holds === wanted)
              .map((each) => withWord(each.word, each.separator)),
          ];
          const found = someString(pick(true), pick(false));
          const fits = (text: string): boolean =>
            globs.every((each) => matchesPieces(text, each.text.split('*')) === each.holds) &&
            words.every((each) => hasWord(text, each.word, each.separator) === each.holds);
          expect(found).not.toBeUndefined();
          if (typeof found === 'string') expect(fits(found)).toBe(true);
          const counter = ALL.find(fits);
          if (counter !== undefined) expect(found?.length).toBeLessThanOrEqual(5);
        },
      ),
      { numRuns: 150, endOnFailure: true },
    );
  });

  it('is told apart from single strings', () => {
    expect(someString([globOf('a*')], [exactly('a'), exactly('ax')])).toBe('ay');
    expect(someString([exactly('a')], [globOf('*a')])).toBeNull();
    expect(someString([exactly('a'), exactly('b')], [])).toBeNull();
  });

  it('is not looked for without end', () => {
    const wanted = Array.from({ length: 14 }, (_, index) =>
      globOf(`*${String.fromCharCode(97 + index)}q${index}*`),
    );
    expect(someString(wanted, [])).toBeUndefined();
  });
});
