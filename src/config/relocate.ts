import type { LayeredRoute } from './layers.ts';
import { type ConfigProblem, problem } from './problem.ts';

/**
 * Problems at the table where the value stands: those of a key that a route inherits, at its group or the defaults. What is
 * then told twice, by every route that inherits it, is told once.
 */
export function relocate(
  problems: readonly ConfigProblem[],
  routes: readonly LayeredRoute[],
): readonly ConfigProblem[] {
  const inherited = new Map(routes.map((route) => [`${route.variable}.${route.name}`, route.inherited]));
  const told = new Map<string, ConfigProblem>();
  for (const each of problems) {
    const [, table = '', key = '', rest = ''] =
      /^(ROUTES(?:_\w+)?\.[\w-]+)\.(\w+)(.*)$/s.exec(each.path) ?? [];
    const place = inherited.get(table)?.get(key);
    const moved = place === undefined ? each : { ...each, path: `${problem(place, '', '').path}${rest}` };
    told.set(JSON.stringify(moved), moved);
  }
  return [...told.values()];
}
