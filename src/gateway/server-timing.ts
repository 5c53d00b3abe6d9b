import { grantsScope } from '../access/scope.ts';
import type { EndpointGuard } from '../core/policy.ts';
import type { Principal } from '../core/principal.ts';
import type { RequestEvent } from '../telemetry/request-event.ts';

/**
 * Whether the caller's own token, which the route has let in, shows that they may: of the issuer's table, with every
 * scope. Does NOT verify anything; nobody (a public route, one that only reports) may see nothing.
 */
export const maySeeTiming = ({ profile, scope }: EndpointGuard, principal: Principal | undefined): boolean =>
  principal !== undefined &&
  principal.token.profile.name === profile.name &&
  scope.every((each) => grantsScope(principal.token, each));

export type Timings = Pick<RequestEvent, 'verifyMs' | 'revocationMs' | 'originMs' | 'totalMs'>;

/** In the order in which they happen. The names are the gateway's own, so that an origin's stay apart. */
const STAGES = [
  ['gateway-verification', 'verifyMs'],
  ['gateway-revocation', 'revocationMs'],
  ['gateway-origin', 'originMs'],
  ['gateway-total', 'totalMs'],
] as const satisfies readonly (readonly [string, keyof Timings])[];

/**
 * The answer with a `Server-Timing` (W3C Server Timing §3) of the stages that were reached, in milliseconds, after
 * what the origin says in its own. Says durations alone. A handshake passes as it is.
 */
export function withServerTiming(response: Response, timings: Timings): Response {
  if (response.webSocket !== null) return response;
  const answer = new Response(response.body, response);
  const stages = STAGES.flatMap(([name, key]) => {
    const ms = timings[key];
    return ms === undefined ? [] : [`${name};dur=${ms}`];
  });
  answer.headers.append('Server-Timing', stages.join(', '));
  return answer;
}
