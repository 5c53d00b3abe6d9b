import type { TokenSource } from '../core/policy.ts';
import { err, type Result } from '../core/result.ts';
import { extractBearer } from './extract.ts';

/** Where tokens may stand in a request. */
export interface TokenCarrier {
  readonly headers: Headers;
  /** The query, `''` or `?...`. */
  readonly search: string;
}

export interface TokenLimits {
  readonly maxTokenBytes: number;
  /** Tokens that have been through this and verified: their characters are not looked at again. */
  readonly known: { has(token: string): boolean } | undefined;
}

/**
 * The token of a request, from the first source that has one; a source that has one which is malformed, too large or
 * twofold refuses, whatever the others hold. Not parsed; says nothing about the token.
 */
export function findToken(
  sources: readonly TokenSource[],
  carrier: TokenCarrier,
  limits: TokenLimits,
): Result<string> {
  for (let i = 0; i < sources.length; i++) {
    const found = FINDERS[(sources[i] as TokenSource).kind](carrier, limits);
    if (found.ok || found.error.reason !== 'credentials_missing') {
      return found;
    }
  }
  return err({ reason: 'credentials_missing' });
}

const FINDERS: {
  readonly [kind in TokenSource['kind']]: (carrier: TokenCarrier, limits: TokenLimits) => Result<string>;
} = {
  bearer: ({ headers, search }, { maxTokenBytes, known }) =>
    extractBearer(headers, search, maxTokenBytes, known),
};
