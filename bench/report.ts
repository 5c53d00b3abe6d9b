import { readFile } from 'node:fs/promises';
import type { Comparison, Plan } from './measure.ts';

export interface Results {
  readonly made: string;
  readonly machine: { readonly cores: number; readonly model: string; readonly pinned: boolean };
  readonly plan: Plan;
  readonly retriedSamples: number;
  readonly rows: readonly Comparison[];
}

const HEAD = `| row | throughput ratio (quartiles) | CPU ratio | p99 ratio | CPU µs | its yardstick | p50 ms | its yardstick | memory MiB |
|---|---|---|---|---|---|---|---|---|`;

/** A Markdown table: ratios are contender / yardstick, medians over the pairs. */
export function table(rows: readonly Comparison[], head = true): string {
  const lines = rows.map((row) =>
    [
      '',
      row.name,
      `${row.throughputRatio.toFixed(2)} (${row.spread[0].toFixed(2)}–${row.spread[1].toFixed(2)})`,
      row.cpuRatio.toFixed(2),
      row.p99Ratio.toFixed(2),
      row.contender.cpuMicroseconds.toFixed(0),
      row.yardstick.cpuMicroseconds.toFixed(0),
      row.contender.p50.toFixed(2),
      row.yardstick.p50.toFixed(2),
      row.memoryMebibytes?.toFixed(0) ?? '',
      '',
    ]
      .join(' | ')
      .trim(),
  );
  return [...(head ? [HEAD] : []), ...lines].join('\n');
}

export const readResults = async (file: string): Promise<Results> =>
  JSON.parse(await readFile(file, 'utf8')) as Results;

/** The earlier results, if these are what the plan makes. Throws when they were made by another. */
export function samePlan(earlier: Results, plan: Plan): Results {
  if (JSON.stringify(plan) !== JSON.stringify(earlier.plan)) {
    throw new Error('the earlier run had another plan, so its rows do not belong beside these');
  }
  return earlier;
}

/** The earlier results with these rows in the place of theirs, or behind them. Throws when the plans differ. */
export function merged(results: Results, earlier: Results): Results {
  samePlan(earlier, results.plan);
  const kept = earlier.rows.map((row) => results.rows.find(({ name }) => name === row.name) ?? row);
  const added = results.rows.filter(({ name }) => !earlier.rows.some((row) => row.name === name));
  return {
    ...earlier,
    retriedSamples: earlier.retriedSamples + results.retriedSamples,
    rows: [...kept, ...added],
  };
}
