import type { JsonValue } from '../core/jose.ts';
import { type EncodedClaim, encodeText, faultOf } from './encode-claim.ts';

/**
 * A list claim as one value, its elements joined: text, whole or fractional numbers, and booleans. To decode: split at the
 * separator, then percent-decode each element (see `encodeClaim`).
 *
 * Omitted: what is no list, an element of another type, one that is empty or contains the separator, since two lists
 * would share a spelling. An empty list is an empty value.
 */
export function encodeList(value: JsonValue, separator: string): EncodedClaim {
  if (value === null) return { state: 'absent' };
  if (!Array.isArray(value)) return { state: 'omitted', why: 'type_mismatch' };
  const elements: string[] = [];
  for (const element of value) {
    if (typeof element === 'object') return { state: 'omitted', why: 'type_mismatch' };
    const fault = faultOf(element, 0);
    if (fault !== undefined) return { state: 'omitted', why: fault };
    const text = String(element);
    if (text === '' || text.includes(separator)) return { state: 'omitted', why: 'element_unjoinable' };
    elements.push(text);
  }
  return encodeText(elements.join(separator));
}
