import type { Policy } from '../core/policy.ts';
import { err, ok } from '../core/result.ts';
import type { NumericDate } from '../core/time.ts';
import { decide } from '../decision/decide.ts';
import { canonicalTarget } from '../routing/canonical-path.ts';
import { noteFindings } from '../telemetry/request-event.ts';
import type { Gateway, Pipeline } from './gateway.ts';
import { ownAccess } from './own-access.ts';

/**
 * What this isolate knows: keys by issuer (state, age, kids, last error, next refresh) and the revocation data's age.
 * One isolate of many answers, so two requests may differ. Decided like any protected route; holds no secret.
 * Without `GATEWAY.status` in the configuration there is nothing at this path.
 */
export function statusPipeline(policy: Policy): Pipeline {
  const access = ownAccess('portcullis-status', policy.status, policy);
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
    return decision.allowed ? ok(report(gateway, context.now)) : err(decision.rejection);
  };
}

const report = (gateway: Gateway, now: NumericDate): Response =>
  Response.json(
    {
      now,
      jwks: gateway.verifier.keys.status(now),
      revocation: gateway.revocation.status(),
      verifiedTokens: gateway.verifier.cache?.size ?? 0,
    },
    { headers: { 'Cache-Control': 'no-store' } },
  );
