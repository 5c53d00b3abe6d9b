import { describe, expect, it } from 'vitest';
import { appendRecord, fingerprint } from '../../../src/revocation-store/replica/record.ts';
import { ReplicaTable } from '../../../src/revocation-store/replica/table.ts';
import fc from '../../fixtures/draws.ts';

const seeds = (): readonly [number, number] => [12_345, 67_890];

describe('fingerprint', () => {
  it('is part of the stored format: these values never change', () => {
    expect([
      fingerprint('jti:https%3A%2F%2Fid.acme.example:8d0c'),
      fingerprint('sub:i:user-1'),
      fingerprint(''),
    ]).toEqual([
      { low: 2_731_653_432, high: 3_500_943_609 },
      { low: 1_466_778_388, high: 167_420_167 },
      { low: 573_192_227, high: 1_841_642_783 },
    ]);
  });

  it('spreads alike names over both halves', () => {
    const count = 20_000;
    const lows = new Set<number>();
    const highs = new Set<number>();
    const buckets = new Uint32Array(256);
    for (let index = 0; index < count; index++) {
      const { low, high } = fingerprint(`jti:https%3A%2F%2Fid.acme.example:id-${index}`);
      lows.add(low);
      highs.add(high);
      const bucket = low & 255;
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    expect(lows.size).toBeGreaterThan(count - 5);
    expect(highs.size).toBeGreaterThan(count - 5);
    expect(Math.max(...buckets)).toBeLessThan((count / 256) * 1.7);
  });
});

describe('ReplicaTable', () => {
  it('answers as a map of the latest marks and ends would, through growth and rebuilds', () => {
    const entry = fc.record({
      name: fc.integer({ min: 0, max: 40 }),
      mark: fc.integer({ min: 1, max: 1_000 }),
      until: fc.integer({ min: 1, max: 200 }),
      exact: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 100 }), fc.integer({ min: 0, max: 220 }), (entries, asOf) => {
        const table = new ReplicaTable(0, seeds());
        const model = new Map<string, { mark: number; until: number }>();
        for (const { name, mark, until, exact } of entries) {
          const key = `${exact ? 'jti' : 'sub'}:i:${name}`;
          const words: number[] = [];
          appendRecord(words, key, mark, until);
          table.add(Uint32Array.from(words), 0);
          const held = model.get(key) ?? { mark: 0, until: 0 };
          const stored = exact ? Number.POSITIVE_INFINITY : mark;
          model.set(key, { mark: Math.max(held.mark, stored), until: Math.max(held.until, until) });
        }
        for (let name = 0; name <= 41; name++) {
          for (const kind of ['jti', 'sub']) {
            const key = `${kind}:i:${name}`;
            const held = model.get(key);
            for (const issuedAt of [0, 500, 1_000, 1_001, undefined]) {
              const expected = held !== undefined && held.until > asOf && (issuedAt ?? 0) <= held.mark;
              expect(table.hits(fingerprint(key), issuedAt, asOf)).toBe(expected);
            }
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('grows without losing anything, and shrinks away what has ended', () => {
    const table = new ReplicaTable(10, seeds());
    const words: number[] = [];
    for (let index = 0; index < 5_000; index++)
      appendRecord(words, `jti:i:${index}`, 1, index < 4_000 ? 100 : 300);
    table.add(Uint32Array.from(words), 50);
    expect(table.size).toBe(5_000);
    for (let index = 0; index < 5_000; index++) {
      expect(table.hits(fingerprint(`jti:i:${index}`), 1, 50)).toBe(true);
    }
    const bytes = table.bytes;
    const more: number[] = [];
    for (let index = 0; index < 4_000; index++) appendRecord(more, `jti:i:later-${index}`, 1, 300);
    table.add(Uint32Array.from(more), 200);
    expect(table.bytes).toBeLessThanOrEqual(bytes);
    expect(table.hits(fingerprint('jti:i:4500'), 1, 200)).toBe(true);
    expect(table.hits(fingerprint('jti:i:later-3999'), 1, 200)).toBe(true);
  });

  it('rounds fractions so that it may hit too often, never too seldom', () => {
    const table = new ReplicaTable(0, seeds());
    const words: number[] = [];
    appendRecord(words, 'sub:i:u', 500.5, 100.5);
    table.add(Uint32Array.from(words), 100.4);
    expect(table.hits(fingerprint('sub:i:u'), 500.4, 100.4)).toBe(true);
    expect(table.hits(fingerprint('sub:i:u'), 501.1, 100.4)).toBe(false);
  });

  it('ignores half a record, an empty one, and one that has ended', () => {
    const table = new ReplicaTable(0, seeds());
    table.add(Uint32Array.from([0, 0, 1, 500, 7, 7, 1, 10, 9, 9]), 10);
    expect(table.size).toBe(0);
  });
});
