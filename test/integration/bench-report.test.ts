import { describe, expect, it } from 'vitest';
import type { Comparison, Plan } from '../../bench/measure.ts';
import { merged, type Results, samePlan } from '../../bench/report.ts';

const PLAN: Plan = {
  pairs: 12,
  processes: 3,
  seconds: 2,
  connections: 16,
  warmUp: { requests: 20_000, seconds: 15, connections: 16 },
};
const SAMPLE = { throughput: 1, cpuMicroseconds: 1, p50: 1, p99: 1, p999: 1 };

const row = (name: string, throughputRatio: number): Comparison => ({
  name,
  against: 'pass-through',
  pairs: 12,
  connections: 16,
  throughputRatio,
  spread: [0, 1],
  cpuRatio: 1,
  p99Ratio: 1,
  contender: SAMPLE,
  yardstick: SAMPLE,
  memoryMebibytes: undefined,
});

const results = (rows: readonly Comparison[], plan = PLAN): Results => ({
  made: '2026-01-01T00:00:00.000Z',
  machine: { cores: 2, model: 'any', pinned: true },
  plan,
  retriedSamples: 1,
  rows,
});

describe('results of more than one run', () => {
  it('puts a row measured again in the place it had, and a new one last', () => {
    const { rows, retriedSamples } = merged(
      results([row('new', 3), row('b', 4)]),
      results([row('a', 1), row('b', 2), row('c', 5)]),
    );
    expect(rows.map(({ name, throughputRatio }) => [name, throughputRatio])).toEqual([
      ['a', 1],
      ['b', 4],
      ['c', 5],
      ['new', 3],
    ]);
    expect(retriedSamples).toBe(2);
  });

  it('refuses rows that another plan made', () => {
    const other = { ...PLAN, pairs: 3 };
    expect(() => samePlan(results([], other), PLAN)).toThrow('another plan');
    expect(() => merged(results([row('a', 1)], other), results([row('a', 2)]))).toThrow('another plan');
    expect(samePlan(results([]), { ...PLAN })).toEqual(results([]));
  });
});
