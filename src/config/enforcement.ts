import type { Route } from '../core/policy.ts';
import { ROUTE_DEFAULTS } from './defaults.ts';
import type { Reading } from './place.ts';
import { type ConfigProblem, problem } from './problem.ts';
import type { RouteTable } from './schema.ts';

/** Checks `enforce` of a route: there has to be something that would be refused. */
export function compileEnforcement(
  { enforce, on_unauthenticated: login }: RouteTable,
  { authentication }: Route['access'],
  { path, problems }: Reading,
): Route['enforce'] {
  if (enforce !== undefined && authentication === 'none') {
    problems.push(
      problem(
        [...path, 'enforce'],
        'enforce beside authentication = "none"',
        'a route that asks for a token',
      ),
    );
  }
  if (enforce === 'report' && login !== undefined) {
    const found = 'on_unauthenticated beside enforce = "report"';
    problems.push(
      problem([...path, 'on_unauthenticated'], found, 'one of the two: who is reported is sent nowhere'),
    );
  }
  return enforce ?? ROUTE_DEFAULTS.enforce;
}

/** A route that refuses nobody is open, for as long as it says so. */
export function warnOfReports(
  routes: readonly { readonly variable: string; readonly route: Route }[],
  warnings: ConfigProblem[],
): void {
  for (const { variable, route } of routes) {
    if (route.enforce !== 'report') continue;
    warnings.push(
      problem(
        [variable, route.name, 'enforce'],
        '"report": the route is open, and requests that the policy refuses reach the origin without identity',
        '"refuse", once the events have no wouldRefuse that is not meant',
      ),
    );
  }
}
