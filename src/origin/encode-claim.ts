import type { JsonValue } from '../core/jose.ts';
import type { ClaimType } from '../core/policy.ts';

/** Servers commonly refuse a header line of 8 KiB (Apache, nginx, gunicorn); half of that leaves room for others. */
export const MAX_VALUE_BYTES = 4096;

/** Deeper values are no identity, and a recursive decoder at the origin must not be at the token's mercy. */
export const MAX_DEPTH = 32;

/** Why a claim that is there cannot be sent. */
export type OmissionCause =
  | 'type_mismatch'
  | 'number_inexact'
  | 'text_malformed'
  | 'nested_too_deep'
  | 'value_too_long'
  | 'element_unjoinable';

export type EncodedClaim =
  | { readonly state: 'value'; readonly value: string }
  | { readonly state: 'absent' }
  | { readonly state: 'omitted'; readonly why: OmissionCause };

/** Sent as it is: visible ASCII but `%`, single inner spaces, and not to be read as JSON. */
const PLAIN = /^(?!(?:true|false|null)$)(?![[{])(?:[!-$&-~]+(?: [!-$&-~]+)*)?$/;
const JSON_LIKE = /^(?:[[{]|(?:true|false|null)$)/;

/**
 * One claim as one header value that no other claim shares, but for one equality: a number and the string that
 * spells it (42 and "42"). A declared `type` separates them.
 *
 * To decode: a value that starts with `[` or `{`, or is `true` or `false`, is JSON; any other is text,
 * percent-encoded as UTF-8 (RFC 3986 §2.1).
 *
 * The result is visible ASCII with single inner spaces, at most `MAX_VALUE_BYTES` long. `null` is absent.
 * Omitted: another type than declared; text with a lone surrogate; numbers beyond ±(2^53 − 1), which JSON.parse
 * has already rounded so that two identities may have become one (RFC 8259 §6).
 * Does not check what the claim means, nor that text is in a Unicode normal form.
 */
export function encodeClaim(value: JsonValue, type: ClaimType): EncodedClaim {
  if (value === null) {
    return { state: 'absent' };
  }
  if (type !== 'any' && type !== typeOf(value)) {
    return { state: 'omitted', why: 'type_mismatch' };
  }
  if (typeof value === 'string') {
    return encodeText(value);
  }
  const fault = faultOf(value, 0);
  return fault === undefined ? bounded(asciiJson(value)) : { state: 'omitted', why: fault };
}

function typeOf(value: Exclude<JsonValue, null>): ClaimType {
  if (Array.isArray(value)) {
    return 'array';
  }
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      return 'object';
  }
}

export function encodeText(text: string): EncodedClaim {
  // Encoding never shortens, and this keeps the work below bounded.
  if (text.length > MAX_VALUE_BYTES) {
    return { state: 'omitted', why: 'value_too_long' };
  }
  if (PLAIN.test(text)) {
    return { state: 'value', value: text };
  }
  if (!text.isWellFormed()) {
    return { state: 'omitted', why: 'text_malformed' };
  }
  const escaped = text.replace(/[^ !-$&-~]+|^ | $|(?<= ) /gu, percentEncode);
  return bounded(JSON_LIKE.test(escaped) ? percentEncode(escaped.slice(0, 1)) + escaped.slice(1) : escaped);
}

function percentEncode(text: string): string {
  let encoded = '';
  for (const byte of new TextEncoder().encode(text)) {
    encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

const NOT_PLAIN = /[\u007f-\uffff]| {2}/;

/** JSON in visible ASCII and single spaces: everything else as `\uXXXX` (RFC 8259 §7). */
function asciiJson(value: JsonValue): string {
  const json = JSON.stringify(value);
  if (!NOT_PLAIN.test(json)) {
    return json;
  }
  return json.replace(
    /[\u007f-\uffff]|(?<= ) /g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function bounded(value: string): EncodedClaim {
  return value.length > MAX_VALUE_BYTES
    ? { state: 'omitted', why: 'value_too_long' }
    : { state: 'value', value };
}

/** Why a value cannot be sent as JSON, or undefined. */
export function faultOf(value: JsonValue | undefined, depth: number): OmissionCause | undefined {
  if (typeof value === 'number') {
    return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? undefined : 'number_inexact';
  }
  if (typeof value === 'string') {
    return value.isWellFormed() ? undefined : 'text_malformed';
  }
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  if (depth >= MAX_DEPTH) {
    return 'nested_too_deep';
  }
  for (const name of Array.isArray(value) ? [] : Object.keys(value)) {
    if (!name.isWellFormed()) {
      return 'text_malformed';
    }
  }
  for (const member of Array.isArray(value) ? value : Object.values(value)) {
    const fault = faultOf(member, depth + 1);
    if (fault !== undefined) {
      return fault;
    }
  }
  return undefined;
}
