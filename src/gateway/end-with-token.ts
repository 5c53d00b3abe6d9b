import type { RequestContext } from '../core/context.ts';
import type { Access, Route, Upstream } from '../core/policy.ts';
import type { Principal } from '../core/principal.ts';
import type { Clock, NumericDate } from '../core/time.ts';
import { endSocket } from '../origin/end-socket.ts';
import { endStream, isEventStream } from '../origin/end-stream.ts';
import type { EndCause, TokenLife } from '../origin/watch-token.ts';
import type { RevocationCheck } from '../revocation/check.ts';

export interface EndPorts {
  readonly revocation: RevocationCheck;
  readonly clock: Clock;
  readonly context: RequestContext;
}

/** How often `strict` is asked again: every connection costs a read of the store each time. */
const STRICT_RECHECK_SECONDS = 5;

/** Whether a response may go on for longer than its token is good: a WebSocket, an event stream, or what the route says. */
export function mayOutlive(response: Response, { endWithToken: which }: Upstream): boolean {
  if (which === 'never') return false;
  if (response.webSocket !== null) return true;
  return which === 'all' ? response.body !== null : isEventStream(response.headers) && response.body !== null;
}

/**
 * The response, ending when a new request with the same token would be refused: at `exp` and the issuer's clock tolerance,
 * and upon revocation within the route's bound.
 * Does NOT look at the requirement again: what the claims say does not change.
 */
export function endWithToken(
  response: Response,
  { access }: Pick<Route, 'access'>,
  token: Principal['token'],
  ports: EndPorts,
): Response {
  const { webSocket, body } = response;
  const life: TokenLife = {
    endsAt: endOf(token),
    ...recheckOf(token, access, ports),
    clock: ports.clock,
  };
  const onEnd = (cause: EndCause) =>
    ports.context.emit({ event: 'connection_ended', level: 'info', route: access.name, cause });
  if (webSocket !== null) return endSocket(response, webSocket, life, onEnd);
  return body === null ? response : endStream(response, body, life, onEnd);
}

/** As `tokens/claims.ts` judges the times; undefined: only a revocation ends it. */
function endOf({ exp, iat, profile }: Principal['token']): NumericDate | undefined {
  if (profile.expiry === 'ignored') return undefined;
  const byAge = (iat ?? Number.POSITIVE_INFINITY) + (profile.maxTokenAgeSeconds ?? Number.POSITIVE_INFINITY);
  const end = Math.min(exp ?? Number.POSITIVE_INFINITY, byAge) + profile.clockToleranceSeconds;
  return end === Number.POSITIVE_INFINITY ? undefined : end;
}

/**
 * An answer that is asked for every half bound, and is itself no older than that, keeps the whole one.
 */
function recheckOf(
  token: Principal['token'],
  access: Access,
  { revocation, clock, context }: EndPorts,
): Pick<TokenLife, 'recheck' | 'recheckSeconds'> {
  const { mode, maxStalenessSeconds } = access.revocation;
  if (mode === 'off') return { recheck: undefined, recheckSeconds: 0 };
  const half = maxStalenessSeconds / 2;
  const again = { name: access.name, revocation: { ...access.revocation, maxStalenessSeconds: half } };
  return {
    recheck: async () => {
      const live = await revocation.check(token, again, { ...context, now: clock() });
      if (live.ok) return undefined;
      return live.error.reason === 'revoked' ? 'revoked' : 'unknown';
    },
    recheckSeconds: mode === 'strict' ? STRICT_RECHECK_SECONDS : half,
  };
}
