import type { Clock } from '../../core/time.ts';
import type { MessagePorts } from '../../decision/verify-message.ts';
import { authorizationUrl } from './authorization-url.ts';
import { boundedFetch } from './bounded-fetch.ts';
import type { UpstreamLogin } from './login.ts';
import { createUpstreamMetadata } from './metadata.ts';
import { redeemAtUpstream } from './redeem.ts';

/** The login at OpenID providers over the network. */
export function createUpstreamLogin(
  given: Parameters<typeof boundedFetch>[0],
  ports: MessagePorts,
  clock: Clock,
): UpstreamLogin {
  const fetch = boundedFetch(given);
  const metadataOf = createUpstreamMetadata(fetch, clock);
  return {
    async begin(upstream, redirectUri, secrets, wishes) {
      const metadata = await metadataOf(upstream);
      return metadata && (await authorizationUrl({ upstream, metadata, redirectUri }, secrets, wishes));
    },
    async complete(upstream, answer, context) {
      const metadata = await metadataOf(upstream);
      if (metadata === undefined) return { ok: false, error: { kind: 'unavailable' } };
      return await redeemAtUpstream({ upstream, metadata, fetch, ports }, answer, context);
    },
  };
}
