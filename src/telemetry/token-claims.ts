import type { JsonObject, JsonValue } from '../core/jose.ts';
import { isNumericDate, type NumericDate } from '../core/time.ts';
import { printable } from './printable.ts';

/** What an event tells of a token: whose, for whom, until when. Never its subject, identifier or any other claim. */
export interface TokenClaims {
  readonly issuer: string | undefined;
  readonly audience: string | readonly string[] | undefined;
  readonly expiresAt: NumericDate | undefined;
}

const MAX_LENGTH = 256;
const MAX_AUDIENCES = 4;

/** As the token has it, verified or not; a claim of another type is left out. */
export const describeClaims = ({ iss, aud, exp }: JsonObject): TokenClaims => ({
  issuer: typeof iss === 'string' ? printable(iss, MAX_LENGTH) : undefined,
  audience: describeAudience(aud),
  expiresAt: isNumericDate(exp) ? exp : undefined,
});

export function describeAudience(audience: JsonValue | undefined): TokenClaims['audience'] {
  if (typeof audience === 'string') return printable(audience, MAX_LENGTH);
  if (!Array.isArray(audience)) return undefined;
  const texts = audience.filter((each): each is string => typeof each === 'string');
  return texts.slice(0, MAX_AUDIENCES).map((each) => printable(each, MAX_LENGTH));
}
