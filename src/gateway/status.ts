import type { Policy, Route } from '../core/policy.ts';
import { err, ok } from '../core/result.ts';
import type { NumericDate } from '../core/time.ts';
import { canonicalTarget } from '../routing/canonical-path.ts';
import { admit } from './decide.ts';
import type { Gateway, Pipeline } from './gateway.ts';

/** The route that guards `/.portcullis/status`, or undefined when the configuration grants it to nobody. */
function statusRoute(policy: Policy): Route | undefined {
  if (policy.status === undefined) {
    return undefined;
  }
  const { profile, scope } = policy.status;
  const revocationInUse = policy.routes.some((route) => route.revocation.mode !== 'off');
  return {
    name: 'portcullis-status',
    path: { kind: 'exact', value: '/.portcullis/status' },
    methods: ['GET'],
    host: { kind: 'any' },
    origin: { kind: 'url', origin: 'https://none.invalid' },
    authentication: 'required',
    profiles: new Map([[profile.issuer, [profile]]]),
    scope: { values: scope, match: 'all' },
    claims: [],
    headers: [],
    revocation: {
      mode: revocationInUse ? 'strict' : 'off',
      maxStalenessSeconds: 0,
      onUnavailable: 'reject',
      timeoutMs: 250,
    },
    timeoutMs: 0,
    forwardToken: false,
    preflight: 'reject',
  };
}

/**
 * What this isolate knows: keys by issuer (state, age, kids, last error, next refresh) and the revocation data's age.
 * One isolate of many answers, so two requests may differ. Admitted like any protected route; holds no secret.
 * Without `GATEWAY.status` in the configuration there is nothing at this path.
 */
export function statusPipeline(policy: Policy): Pipeline {
  const route = statusRoute(policy);
  return async (gateway, received, context, event) => {
    if (route === undefined) {
      return err({ reason: 'route_not_found' });
    }
    const target = canonicalTarget(received);
    if (!target.ok) {
      return target;
    }
    event.route = route.name;
    const admitted = await admit(gateway, received.headers, target.value.search, route, context, event);
    return admitted.ok ? ok(report(gateway, context.now)) : admitted;
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
