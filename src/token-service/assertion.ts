import type { JsonValue } from '../core/jose.ts';

/** An assertion is used at once: RFC 7523 §3 lets a server refuse an `exp` "unreasonably far in the future". */
export const MAX_ASSERTION_SECONDS = 300;

/**
 * RFC 7523 §3 (3) wants this server among the audiences. Whoever else is named could send the assertion here before its
 * maker does: so nobody else is.
 */
export const isForAlone = (issuer: string, aud: JsonValue | undefined): boolean =>
  [aud].flat().every((each) => each === issuer || each === `${issuer}/token`);
