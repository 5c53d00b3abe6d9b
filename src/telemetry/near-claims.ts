import type { JsonObject } from '../core/jose.ts';
import { isObject } from '../core/json.ts';
import type { RequirementSeen, TokenSeen } from './explanation.ts';

/** How the scopes of a token differ from those that are wanted, where only the way they are written does; else empty. */
export function scopeLikeness(found: string | null, wanted: readonly string[]): string {
  if (found === null) return '';
  const text = found.replace(/^"|"$/g, '');
  const has = (words: readonly string[]) => wanted.some((scope) => words.includes(scope));
  if (has(text.split(' '))) return '';
  if (has(text.split(/, ?/))) return ' Scopes stand apart by spaces, not by commas.';
  const lower = text.toLowerCase().split(' ');
  return wanted.some((scope) => lower.includes(scope.toLowerCase()))
    ? ' Letter case is told apart in scopes.'
    : '';
}

/** Where else a token has a claim of the name, or how it has it otherwise than is asked; else empty. */
export function claimLikeness({ asks, found }: RequirementSeen, claims: JsonObject): string {
  const [name = ''] = asks.split(' ');
  if (found === null) {
    const within = Object.entries(claims).find(([, value]) => isObject(value) && Object.hasOwn(value, name));
    return within === undefined
      ? ''
      : ` There is one within "${within[0]}": "/${within[0]}/${name}" names it.`;
  }
  return asks.includes(' contains ') && found.startsWith('"')
    ? ' That is a text and no list; with "separator" the words of a text count.'
    : '';
}

/** From `iat` to `exp`, in the largest unit that fits. */
export function lifetimeText(token: TokenSeen | null): string {
  const { iat, exp } = token?.claims ?? {};
  if (typeof iat !== 'number' || typeof exp !== 'number') return 'for longer than can be told';
  const seconds = exp - iat;
  const [unit, size] = seconds >= 172_800 ? ['days', 86_400] : seconds >= 7_200 ? ['hours', 3_600] : ['s', 1];
  return `${Math.round((seconds / size) * 10) / 10} ${unit}`;
}
