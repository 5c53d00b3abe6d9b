import type { JsonObject } from '../core/jose.ts';
import { type EncodedClaim, faultOf } from './encode-claim.ts';

/** Beside it a header line of 8 KiB, where common servers stop, holds its name. */
export const MAX_PAYLOAD_BYTES = 8_000;

/**
 * All claims as one value: JSON in UTF-8, base64url without padding, as Envoy (`forward_payload_header`) and Istio
 * (`outputPayloadToHeader`) send it. The same claims as the token's, not its very bytes.
 * Omitted: what the origin would read differently (see `encodeClaim`), or longer than `MAX_PAYLOAD_BYTES`.
 */
export function encodePayload(claims: JsonObject): EncodedClaim {
  const fault = faultOf(claims, 0);
  if (fault !== undefined) return { state: 'omitted', why: fault };
  const bytes = new TextEncoder().encode(JSON.stringify(claims));
  const value = bytes.toBase64({ alphabet: 'base64url', omitPadding: true });
  return value.length > MAX_PAYLOAD_BYTES
    ? { state: 'omitted', why: 'value_too_long' }
    : { state: 'value', value };
}
