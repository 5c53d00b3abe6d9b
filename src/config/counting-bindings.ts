import { type ConfigProblem, problem } from './problem.ts';
import type { Bindings } from './variables.ts';

/** What counts may be handed to: how each binding is told, and what it is. */
const BINDINGS = {
  METRICS: { method: 'idFromName', allowed: 'a Durable Object binding of the class MetricsObject' },
  METRICS_DATASET: { method: 'writeDataPoint', allowed: 'a Workers Analytics Engine dataset' },
} as const;

/** Checks what is bound to count; absent, nothing is counted. */
export function checkCountingBindings(bindings: Bindings, problems: ConfigProblem[]): void {
  for (const [name, { method, allowed }] of Object.entries(BINDINGS)) {
    const bound = bindings[name];
    if (bound === undefined) continue;
    if (typeof bound !== 'object' || bound === null || !(method in bound)) {
      problems.push(problem([name], 'something else', allowed));
    }
  }
}
