import { describe, expect, it } from 'vitest';
import { newTraceId, nextReference, traceIdOf, traceparentOf } from '../../../src/telemetry/reference.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

describe('W3C Trace Context §3.2.2: the trace id of a traceparent', () => {
  it.each([
    `00-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-00`,
    `00-${TRACE}-${PARENT}-ff`,
    `01-${TRACE}-${PARENT}-01`,
    `cc-${TRACE}-${PARENT}-01-what-the-future-will-be-like`,
    `cc-${TRACE}-${PARENT}-01-`,
  ])('%s has one', (traceparent) => {
    expect(traceIdOf(traceparent)).toBe(TRACE);
  });

  it.each([
    null,
    '',
    TRACE,
    `00-${TRACE}-${PARENT}`,
    `00-${TRACE}-${PARENT}-1`,
    `00-${TRACE}-${PARENT}-01-`,
    `00-${TRACE}-${PARENT}-01-more`,
    `01-${TRACE}-${PARENT}-01.more`,
    `ff-${TRACE}-${PARENT}-01`,
    `0-${TRACE}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${TRACE}-${PARENT.toUpperCase()}-01`,
    `00-${TRACE}0-${PARENT}-01`,
    `00-${TRACE.slice(1)}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01\n`,
    ` 00-${TRACE}-${PARENT}-01`,
    `00_${TRACE}_${PARENT}_01`,
    `00-${TRACE.slice(0, -1)}g-${PARENT}-01`,
    `00-${'"'.repeat(32)}-${PARENT}-01`,
  ])('%j has none', (traceparent) => {
    expect(traceIdOf(traceparent)).toBeUndefined();
  });
});

describe('references of our own', () => {
  it('are trace ids, each another', () => {
    const made = Array.from({ length: 10_000 }, nextReference);
    expect(new Set(made).size).toBe(made.length);
    for (const reference of made) expect(traceIdOf(`00-${reference}-${PARENT}-01`)).toBe(reference);
  });

  it('a trace that begins here is random in both halves, and its traceparent is valid', () => {
    const made = Array.from({ length: 1_000 }, newTraceId);
    expect(new Set(made.map((id) => id.slice(0, 16))).size).toBe(made.length);
    expect(new Set(made.map((id) => id.slice(16))).size).toBe(made.length);
    const [first, second] = [traceparentOf(TRACE), traceparentOf(TRACE)];
    expect([traceIdOf(first), traceIdOf(second)]).toEqual([TRACE, TRACE]);
    expect(first).toMatch(/-01$/);
    expect(first).not.toBe(second);
  });
});
