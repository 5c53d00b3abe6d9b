import { ownString } from './own-string.ts';

/** W3C Trace Context §3.2.2: `version-traceid-parentid-flags`, lower case; version 00 ends there, later ones may go on. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/** The trace id of a valid `traceparent`; undefined for none, for one sent twice, and for whatever else is not valid. */
export function traceIdOf(traceparent: string | null): string | undefined {
  if (traceparent === null) return undefined;
  const [, version, traceId, more] = TRACEPARENT.exec(traceparent) ?? [];
  return traceId === undefined || (version === '00' && more !== undefined) ? undefined : ownString(traceId);
}

const reference = new Uint8Array(16);
let count = 256;

/**
 * An id in the form of a trace id: 120 random bits, made anew for every 256th request of this isolate, and a counter.
 * Fresh random bits would cost every request as much again as the line of its event. It can be guessed, and nothing may
 * depend on its not being guessed.
 */
export function nextReference(): string {
  if (count === 256) {
    crypto.getRandomValues(reference);
    count = 0;
  }
  reference[15] = count++;
  return reference.toHex();
}

/** For a trace that begins here: samplers take the low half of a trace id for random (W3C Trace Context 2 §3.2.2.3). */
export const newTraceId = (): string => randomHex(16);

/** A `traceparent` whose parent is this gateway; sampled, for the event is what was recorded of it. */
export const traceparentOf = (traceId: string): string => `00-${traceId}-${randomHex(8)}-01`;

/** All zero would be no id; of 64 random bits, that happens once in 18 trillion millions. */
const randomHex = (bytes: number): string => crypto.getRandomValues(new Uint8Array(bytes)).toHex();
