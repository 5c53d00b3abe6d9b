import type { LoginRedirect } from '../core/policy.ts';
import type { Reading } from './place.ts';
import { problem } from './problem.ts';
import type { RouteTable } from './schema.ts';

/** Where people are sent to log in; undefined where the route sends nobody anywhere. */
export function compileLogin(
  { on_unauthenticated: table, methods }: RouteTable,
  { path, faulty, problems }: Reading,
): LoginRedirect | undefined {
  if (table !== undefined && methods !== undefined && !methods.includes('GET')) {
    const found = 'on_unauthenticated on a route without GET, which alone is sent anywhere';
    problems.push(problem([...path, 'on_unauthenticated'], found, 'GET among the methods'));
  }
  if (table === undefined || table.redirect !== undefined) return table?.redirect;
  if (!faulty('on_unauthenticated')) {
    problems.push(problem([...path, 'on_unauthenticated', 'redirect'], 'nothing', 'the URL of a login page'));
  }
  return undefined;
}
