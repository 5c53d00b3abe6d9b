import type { JsonValue } from '../../core/jose.ts';

const MAX_CHARACTERS = 200;
const MAX_MEMBERS = 50;
const MAX_DEPTH = 6;
/** Two parts and the beginning of a third: whatever is inside a token may be a token as well. */
const TOKEN = /eyJ[\w-]{4,}\.[\w-]*\.[\w.-]*/g;

/** Text that somebody else wrote, of bounded length and without a token in it. */
export function shownText(text: string): string {
  const bare = text.replace(TOKEN, '[token]');
  return bare.length <= MAX_CHARACTERS ? bare : `${bare.slice(0, MAX_CHARACTERS)}…`;
}

/** The same of a value of a claim: long lists, and what is nested too deep, are cut short. */
export function shownValue(value: JsonValue, depth = 0): JsonValue {
  if (typeof value === 'string') return shownText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) return '…';
  if (Array.isArray(value)) {
    const members = value.slice(0, MAX_MEMBERS).map((each: JsonValue) => shownValue(each, depth + 1));
    return value.length > MAX_MEMBERS ? [...members, '…'] : members;
  }
  const members = Object.entries(value).flatMap(([name, member]): [string, JsonValue][] =>
    member === undefined ? [] : [[shownText(name), shownValue(member, depth + 1)]],
  );
  return Object.fromEntries(
    members.length > MAX_MEMBERS ? [...members.slice(0, MAX_MEMBERS), ['…', '…']] : members,
  );
}
