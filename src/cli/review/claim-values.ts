import { claimHolds } from '../../access/claim.ts';
import type { JsonValue } from '../../core/jose.ts';
import type { PathParameters } from '../../core/path-parameter.ts';
import type { ClaimRequirement } from '../../core/requirement.ts';
import { exactly, glob, type Language, someString, withWord } from './string-language.ts';

/** What one claim is to be, and what it is not to be. */
export interface ClaimLiteral {
  readonly test: ClaimRequirement;
  readonly holds: boolean;
}

/** What a token may have there whatever is required: what a good token has first, undefined where it has none. */
export interface ClaimRange {
  readonly usual: JsonValue | undefined;
  /** What it may be as well where it is not free. */
  readonly others?: readonly JsonValue[];
  /** `fixed`: the usual value and those others alone; `guarded`: others may be refused for reasons that are not judged here. */
  readonly freedom: 'any' | 'text' | 'fixed' | 'guarded';
  readonly mayBeAbsent: boolean;
}

/** A value that is as all literals want it; `none` where there is none, `undecided` where that is not known. */
export type FoundValue = { readonly value: JsonValue | undefined } | 'none' | 'undecided';

/**
 * A value of one claim that meets some tests and fails others: candidates of every JSON type, each tried by the gateway's
 * own comparison. `none` is exact; tests that compare with the path count for what this request's path is.
 */
export function findValue(
  literals: readonly ClaimLiteral[],
  range: ClaimRange,
  parameters: PathParameters,
): FoundValue {
  const fits = (value: JsonValue | undefined): boolean =>
    literals.every(({ test, holds }) => {
      const claims = value === undefined ? {} : { claim: value };
      return claimHolds({ ...test, path: ['claim'] }, claims, parameters) === holds;
    });
  // What asks for a claim that is absent does not hold.
  if (literals.some(isAbsence) && literals.some(({ holds }) => holds)) return 'none';
  if (fits(range.usual)) return { value: range.usual };
  const other = range.others?.find(fits);
  if (other !== undefined) return { value: other };
  if (range.freedom === 'fixed') return 'none';
  if (range.freedom === 'guarded') return 'undecided';
  if (range.mayBeAbsent && fits(undefined)) return { value: undefined };
  const finite = literals.find(({ test, holds }) => holds && test.kind === 'one_of');
  const text = someText(literals);
  const candidates =
    finite?.test.kind === 'one_of'
      ? finite.test.values
      : [
          ...(typeof text === 'string' ? [text] : []),
          ...[...parameters.values()].map(({ raw }) => raw),
          ...(range.freedom === 'text'
            ? []
            : [true, false, ...numbers(literals), ...lists(literals, parameters)]),
          ...(range.freedom === 'text' ? [] : [...objects(literals), null]),
        ];
  const found = candidates.find(
    (value) => (range.freedom !== 'text' || typeof value === 'string') && fits(value),
  );
  if (found !== undefined) return { value: found };
  const ofPath = literals.some(({ test }) => test.kind === 'equals_param' || test.kind === 'contains_param');
  return ofPath || (finite === undefined && text === undefined) ? 'undecided' : 'none';
}

const isAbsence = ({ test, holds }: ClaimLiteral): boolean => test.kind === 'exists' && !holds;

/** As `someString`; tests of the path are left out. */
function someText(literals: readonly ClaimLiteral[]): string | null | undefined {
  const within: Language[] = [];
  const outside: Language[] = [];
  for (const { test, holds } of literals) {
    const language = languageOf(test);
    if (language !== undefined) (holds ? within : outside).push(language);
  }
  return someString(within, outside);
}

/** The strings that meet a test; undefined: it is not for this to say. */
function languageOf(test: ClaimRequirement): Language | undefined {
  switch (test.kind) {
    case 'exists':
      return glob(['', '']);
    case 'matches':
      return glob(test.pieces);
    case 'one_of':
      return test.values.flatMap((value) => (typeof value === 'string' ? exactly(value) : []));
    case 'contains_any': {
      const { separator, values } = test;
      if (separator === undefined) return [];
      return values.flatMap((value) => (typeof value === 'string' ? withWord(value, separator) : []));
    }
    case 'equals_param':
    case 'contains_param':
      return undefined;
    default:
      return [];
  }
}

/** Every bound and excluded number, one between each two, and one beyond them. */
function numbers(literals: readonly ClaimLiteral[]): readonly number[] {
  const named = literals.flatMap(({ test }) =>
    test.kind === 'range'
      ? [test.min, test.max].filter((bound) => bound !== undefined)
      : test.kind === 'one_of'
        ? test.values.filter((value) => typeof value === 'number')
        : [],
  );
  const sorted = [...new Set([-Number.MAX_VALUE, -1, 0, 1, ...named, Number.MAX_VALUE])].toSorted(
    (a, b) => a - b,
  );
  const between = sorted.slice(1).map((high, index) => {
    const low = sorted[index] ?? high;
    const next = Math.floor(low) + 1;
    return next > low && next < high ? next : low / 2 + high / 2;
  });
  return [...named, ...between, ...sorted];
}

function lists(literals: readonly ClaimLiteral[], parameters: PathParameters): readonly JsonValue[] {
  const wanted = literals.flatMap(({ test, holds }) =>
    !holds
      ? []
      : test.kind === 'contains_any'
        ? test.values
        : test.kind === 'contains_param'
          ? pathValue(test.parameter, parameters)
          : [],
  );
  // One more than can be excluded, each of another length.
  return [...literals, undefined].map((_, index) => [
    ...wanted,
    ...Array.from({ length: index }, (_each, number) => `other-${number + 1}`),
  ]);
}

const pathValue = (name: string, parameters: PathParameters): readonly string[] => {
  const value = parameters.get(name)?.value;
  return value === undefined ? [] : [value];
};

function objects(literals: readonly ClaimLiteral[]): readonly JsonValue[] {
  const keys = literals.flatMap(({ test, holds }) => (holds && test.kind === 'has_key' ? [test.key] : []));
  return [...literals, undefined].map((_, index) =>
    Object.fromEntries(
      [...keys, ...Array.from({ length: index }, (_each, number) => `other-${number + 1}`)].map((key) => [
        key,
        true,
      ]),
    ),
  );
}
