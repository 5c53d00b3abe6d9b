import type { Policy } from '../core/policy.ts';
import type { NumericDate } from '../core/time.ts';
import type { Gateway, Pipeline } from './gateway.ts';
import { ownPipeline } from './own-pipeline.ts';

/**
 * What this isolate knows: keys by issuer (state, age, kids, last error, next refresh) and the revocation data's age.
 * One isolate of many answers, so two requests may differ. Decided like any protected route; holds no secret.
 * Without `GATEWAY.status` in the configuration there is nothing at this path.
 */
export const statusPipeline = (policy: Policy): Pipeline =>
  ownPipeline('portcullis-status', policy.status, policy, (gateway, _, { now }) => report(gateway, now));

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
