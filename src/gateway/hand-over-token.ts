import type { Allowed } from '../core/decision.ts';
import type { StrippedHeaders } from '../core/principal.ts';
import { removeTokens } from '../credentials/find-token.ts';
import { restoreAuthorization } from '../origin/strip.ts';
import type { RouteMatch } from '../routing/route-table.ts';

/**
 * What the origin gets of the client's credentials: nothing of what stands in the route's sources, and of the token that
 * was verified, where the route forwards it, `Authorization: Bearer`, wherever the client had put it. So it never sees
 * one token beside another. Without authentication a route that forwards hands on the client's `Authorization` as it
 * came. Returns the target that is asked for.
 */
export function handOverToken(
  { presented }: Allowed,
  { route: { access, upstream }, target, preflight }: RouteMatch,
  incoming: Headers,
  outgoing: StrippedHeaders,
): Pick<RouteMatch['target'], 'path' | 'search'> {
  const { forwardToken, consumes } = upstream;
  const asked =
    consumes === undefined
      ? target
      : { path: target.path, search: removeTokens(consumes, outgoing, target.search) };
  if (forwardToken && !preflight) {
    if (presented !== undefined) outgoing.set('Authorization', `Bearer ${presented}`);
    else if (access.authentication === 'none') restoreAuthorization(outgoing, incoming);
  }
  return asked;
}
