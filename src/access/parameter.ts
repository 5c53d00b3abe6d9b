import type { JsonValue } from '../core/jose.ts';
import type { PathParameters } from '../core/path-parameter.ts';
import type { ParameterRequirement, Separator } from '../core/requirement.ts';
import { hasWord } from './words.ts';

type Answer = 'yes' | 'no' | 'doubt';

/**
 * Whether a claim, or one of its elements or words, is a parameter of the path. Yes only where every reading that an
 * origin may take of the segment says so; where readings would give different answers, what the requirement says of a
 * doubt. A whole number is compared as its decimal text; whether `07` is 7 to the origin is a doubt as well.
 */
export function isParameter(
  claim: JsonValue,
  requirement: ParameterRequirement,
  parameters: PathParameters | undefined,
): boolean {
  const parameter = parameters?.get(requirement.parameter);
  const answer: Answer = parameter === undefined ? 'no' : compare(claim, parameter.value, requirement);
  return answer === 'doubt' ? requirement.inDoubt : answer === 'yes';
}

function compare(
  claim: JsonValue,
  value: string | undefined,
  { kind, separator, caseSensitive }: ParameterRequirement,
): Answer {
  if (value === undefined) {
    return 'doubt';
  }
  if (kind === 'equals_param') {
    return compareOne(claim, value, caseSensitive);
  }
  if (typeof claim === 'string' && separator !== undefined) {
    return compareWords(claim, value, { separator, caseSensitive });
  }
  let answer: Answer = 'no';
  if (Array.isArray(claim)) {
    for (let i = 0; i < claim.length && answer !== 'yes'; i++) {
      const one = compareOne(claim[i] as JsonValue, value, caseSensitive);
      answer = one === 'no' ? answer : one;
    }
  }
  return answer;
}

function compareOne(claim: JsonValue, value: string, caseSensitive: boolean): Answer {
  const text = typeof claim === 'number' && Number.isSafeInteger(claim) ? String(claim) : claim;
  if (typeof text !== 'string') {
    return 'no';
  }
  if (caseSensitive && text === value) {
    return 'yes';
  }
  const lower = value.toLowerCase();
  if (caseSensitive || text.toLowerCase() !== lower) {
    return isNumberOf(text, value) ? 'doubt' : 'no';
  }
  return text === lower && value === lower ? 'yes' : 'doubt';
}

const DIGITS = /^\d+$/;

/** Whether an origin that reads a number in the segment, as `07`, `7.0` and `7x` are to some, reads this one. */
function isNumberOf(text: string, value: string): boolean {
  return DIGITS.test(text) && [Number(value), Number.parseInt(value, 10)].includes(Number(text));
}

function compareWords(
  list: string,
  value: string,
  { separator, caseSensitive }: { readonly separator: Separator; readonly caseSensitive: boolean },
): Answer {
  const lower = value.toLowerCase();
  if (hasWord(list, value, separator) && (caseSensitive || value === lower)) {
    return 'yes';
  }
  const alike = !caseSensitive && hasWord(list.toLowerCase(), lower, separator);
  return alike || hasWord(list, String(Number.parseInt(value, 10)), separator) ? 'doubt' : 'no';
}
