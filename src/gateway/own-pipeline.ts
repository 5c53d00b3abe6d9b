import type { RequestContext } from '../core/context.ts';
import type { Access, EndpointGuard, Policy } from '../core/policy.ts';
import type { ReceivedRequest } from '../core/received-request.ts';
import { err, ok } from '../core/result.ts';
import { decide } from '../decision/decide.ts';
import { canonicalTarget } from '../routing/canonical-path.ts';
import { noteFindings } from '../telemetry/request-event.ts';
import type { Gateway, Pipeline } from './gateway.ts';

/** What an endpoint of the gateway's own needs, or undefined when the configuration grants it to nobody. */
function ownAccess(
  name: string,
  guard: EndpointGuard | undefined,
  { routes }: Pick<Policy, 'routes'>,
): Access | undefined {
  if (guard === undefined) {
    return undefined;
  }
  const { profile, scope } = guard;
  const revocationInUse = routes.some(({ access }) => access.revocation.mode !== 'off');
  return {
    name,
    authentication: 'required',
    sources: [{ kind: 'bearer' }],
    profiles: new Map([[profile.issuer, [profile]]]),
    requirement: { kind: 'scope', values: scope, match: 'all' },
    revocation: {
      mode: revocationInUse ? 'strict' : 'off',
      maxStalenessSeconds: 0,
      onUnavailable: 'reject',
      timeoutMs: 250,
    },
  };
}

/** What an endpoint answers to whom it is granted. */
type OwnAnswer = (
  gateway: Gateway,
  received: ReceivedRequest,
  context: RequestContext,
) => Response | Promise<Response>;

/**
 * An endpoint of the gateway's own, decided like any protected route. Granted to nobody, there is nothing at its path.
 *
 * @param name what events call it
 */
export function ownPipeline(
  name: string,
  guard: EndpointGuard | undefined,
  policy: Pick<Policy, 'routes'>,
  answer: OwnAnswer,
): Pipeline {
  return decidedPipeline(ownAccess(name, guard, policy), answer);
}

/** The same for an access of one's own; undefined: there is nothing at its path. */
export function decidedPipeline(access: Access | undefined, answer: OwnAnswer): Pipeline {
  return async (gateway, received, context, event) => {
    if (access === undefined) {
      return err({ reason: 'route_not_found' });
    }
    const target = canonicalTarget(received);
    if (!target.ok) {
      return target;
    }
    event.route = access.name;
    const decision = await decide(access, { received, target: target.value }, gateway, context);
    noteFindings(event, decision.findings);
    return decision.allowed ? ok(await answer(gateway, received, context)) : err(decision.rejection);
  };
}
