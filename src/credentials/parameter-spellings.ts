/**
 * A query parameter that some framework reads as `name`: with any character escaped, in any case, with a leading space,
 * as the first part of `name[]`, with what PHP turns into `_`, behind `;` as well as `&`. Matches from the separator
 * before the name to the name's end. `name`: letters, digits, `_` and `-`.
 */
export const parameterSpellings = (name: string): string =>
  `(?:^\\?|[&;])(?:\\+|%20)*${[...name].map(spelled).join('')}(?=[=&;[]|%5b|%00|$)`;

function spelled(character: string): string {
  if (!/[a-z0-9]/i.test(character)) return '(?:[_.+ [-]|%(?:20|2d|2e|5b|5f))';
  const codes = new Set([character.toLowerCase(), character.toUpperCase()]);
  return `(?:${[character, ...[...codes].map(escaped)].join('|')})`;
}

const escaped = (character: string): string => `%${character.charCodeAt(0).toString(16)}`;

/** RFC 6750 §2.3. */
export const ACCESS_TOKEN = 'access_token';
const ANY_ACCESS_TOKEN = new RegExp(parameterSpellings(ACCESS_TOKEN), 'i');

/** Whether the query holds what some origin takes for a token (RFC 6750 §2.3), whoever else looks for one there. */
export const hasAccessToken = (search: string): boolean => search.length > 1 && ANY_ACCESS_TOKEN.test(search);
