import type { JsonObject } from '../core/jose.ts';
import type { HeaderMapping } from '../core/policy.ts';
import type { OriginHeaders, Principal, StrippedHeaders } from '../core/principal.ts';
import { resolveClaim } from '../core/resolve-claim.ts';
import { type EncodedClaim, encodeClaim } from './encode-claim.ts';
import { encodeList } from './encode-list.ts';
import { encodePayload } from './encode-payload.ts';

/** Node and Jetty origins by default accept 16 KiB (8 KiB) of headers in all; more would take down the request itself. */
export const MAX_IDENTITY_BYTES = 16_384;

/** Lists, for the origin, mapped headers whose claim is in the token but could not be sent. */
export const OMITTED_HEADER = 'X-Portcullis-Omitted';

/** On a route where anybody may come without a token: `true` where a token said who it is, else `false`. */
export const AUTHENTICATED_HEADER = 'X-Portcullis-Authenticated';

export interface Identity {
  readonly headers: OriginHeaders;
  /** Mapped header names, as configured, whose claim is there but could not be sent. */
  readonly omitted: readonly string[];
}

/**
 * Adds the mapped claims to the stripped headers, in place: the same `Headers` object comes back under its
 * next ticket. A header whose claim is absent stays absent (the client's copy went in `origin/strip.ts`, which
 * this function relies on and does not repeat). What cannot be sent is left out whole, never cut, and named in
 * `X-Portcullis-Omitted`. Without a principal (a route without authentication) nothing is added.
 */
export function forwardIdentity(
  stripped: StrippedHeaders,
  mappings: readonly HeaderMapping[],
  principal: Principal | undefined,
): Identity {
  const headers = stripped as Headers as OriginHeaders;
  if (principal === undefined) {
    return { headers, omitted: [] };
  }
  const omitted: string[] = [];
  let room = MAX_IDENTITY_BYTES;
  for (const mapping of mappings) {
    const encoded = encode(mapping, principal.token.claims);
    if (encoded === undefined || encoded.state === 'absent') {
      continue;
    }
    const { header } = mapping;
    if (encoded.state === 'omitted' || encoded.value.length + header.length > room) {
      omitted.push(header);
      continue;
    }
    room -= encoded.value.length + header.length;
    headers.set(header, encoded.value);
  }
  if (omitted.length > 0) {
    headers.set(OMITTED_HEADER, omitted.join(', '));
  }
  return { headers, omitted };
}

/** undefined: the claim is not there. */
function encode({ claim, type, join, payload }: HeaderMapping, claims: JsonObject): EncodedClaim | undefined {
  if (payload === true) {
    return encodePayload(claims);
  }
  const value = resolveClaim(claims, claim);
  if (value === undefined) {
    return undefined;
  }
  return join === undefined ? encodeClaim(value, type) : encodeList(value, join);
}
