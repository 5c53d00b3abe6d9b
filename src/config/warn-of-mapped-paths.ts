import type { Route } from '../core/policy.ts';
import { type ConfigProblem, problem, quoted } from './problem.ts';
import type { RequestRules } from './request-rules.ts';
import { valueAt } from './table.ts';
import type { NamedTable } from './variables.ts';

/** A prefix that is taken off, or put in front, may lead past another route to what that one guards. */
export function warnOfMappedPaths(
  tables: readonly NamedTable[],
  routes: readonly Route[],
  rules: RequestRules,
  warnings: ConfigProblem[],
): void {
  for (const { by, around, sent, reached } of rules.mappedAround(routes)) {
    const table = tables.find(({ name }) => name === by.name);
    if (table === undefined) continue;
    const key =
      ['strip_prefix', 'rewrite'].find((name) => valueAt(table.raw, [name]) !== undefined) ?? 'origin';
    const found = `${quoted([sent])} gets to ${quoted([reached])} at the origin, which route ${around.name} guards more strictly`;
    const allowed = `an origin path of its own, the same requirement, or a route for ${quoted([sent])}`;
    warnings.push(problem([table.variable, table.name, key], found, allowed));
  }
}
