import { expect, it } from 'vitest';
import {
  among,
  anyOf,
  anyWord,
  everyWord,
  issuedBy,
  not,
  type Requirement,
} from '../../../../src/cli/import/requirement.ts';

const claim: Requirement = { claim: 'a', exists: true };

it.each<[string, Requirement, Requirement]>([
  ['one of them', issuedBy(['one']), { issuer: ['one'] }],
  ['all of them', issuedBy(['one', 'two']), true],
  ['another', issuedBy(['three']), false],
  ['one of them and another', issuedBy(['one', 'three']), { issuer: ['one'] }],
  ['not one of them', not(issuedBy(['one'])), { not: { issuer: ['one'] } }],
  ['not another', not(issuedBy(['three'])), true],
  ['one of them, or a claim', anyOf([issuedBy(['one']), claim]), { any: [{ issuer: ['one'] }, claim] }],
  ['a claim', claim, claim],
])('says for tokens of two tables what is asked of %s', (_, asked, said) => {
  expect(among(asked, ['one', 'two'])).toEqual(said);
});

it('takes a word with a space for an element alone, and none for nothing', () => {
  expect(anyWord('r', ['a', 'b c'])).toEqual({
    any: [
      { claim: 'r', contains_any: ['a'], separator: 'space' },
      { claim: 'r', contains_any: ['b c'] },
    ],
  });
  expect(anyWord('r', [''])).toBe(false);
  expect(everyWord('r', ['a', ''])).toBe(false);
});
