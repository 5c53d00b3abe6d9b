import {
  type AuthorizationServer,
  allowInsecureRequests,
  customFetch,
  discoveryRequest,
  processDiscoveryResponse,
} from 'oauth4webapi';
import { parseEndpoint } from '../../config/endpoint.ts';
import type { Clock, NumericDate } from '../../core/time.ts';
import type { Upstream } from '../policy.ts';
import type { Fetch } from './bounded-fetch.ts';

/** What a provider says of itself (OpenID Connect Discovery 1.0 §3); undefined when that cannot be known now. */
export type UpstreamMetadata = (
  upstream: Pick<Upstream, 'name' | 'issuer'>,
) => Promise<AuthorizationServer | undefined>;

const FRESH_SECONDS = 600;
/** A provider that cannot be asked has hardly moved its endpoints meanwhile. */
const STALE_SECONDS = 86_400;
/** How long one failure speaks for the next request too. */
const COOLDOWN_SECONDS = 2;

interface Held {
  readonly metadata: AuthorizationServer;
  readonly at: NumericDate;
}

/**
 * Fetches and keeps the metadata of each provider: for ten minutes, and for a day where it does not answer. What is not its
 * own (§4.3), or names an endpoint that no browser or secret may be sent to, is not taken.
 */
export function createUpstreamMetadata(fetch: Fetch, clock: Clock): UpstreamMetadata {
  const held = new Map<string, Held>();
  const failed = new Map<string, NumericDate>();
  return async ({ name, issuer }) => {
    const known = held.get(name);
    const asked = clock();
    if (known !== undefined && asked - known.at < FRESH_SECONDS) return known.metadata;
    const usable = known !== undefined && asked - known.at < STALE_SECONDS ? known.metadata : undefined;
    if (asked - (failed.get(name) ?? Number.NEGATIVE_INFINITY) < COOLDOWN_SECONDS) return usable;
    try {
      const metadata = await discover(issuer, fetch);
      held.set(name, { metadata, at: asked });
      failed.delete(name);
      return metadata;
    } catch {
      failed.set(name, asked);
      return usable;
    }
  };
}

async function discover(issuer: string, fetch: Fetch): Promise<AuthorizationServer> {
  const url = new URL(issuer);
  const response = await discoveryRequest(url, { algorithm: 'oidc', ...requestOptions(issuer, fetch) });
  const metadata = await processDiscoveryResponse(url, response);
  // The library compares URLs; an issuer is a text.
  if (metadata.issuer !== issuer) throw new TypeError('the metadata of another issuer');
  for (const endpoint of [metadata.authorization_endpoint, metadata.token_endpoint]) {
    const at = parseEndpoint(endpoint ?? '');
    if (at === undefined || (at.protocol === 'http:' && url.protocol !== 'http:')) {
      throw new TypeError('an endpoint that is none');
    }
  }
  return metadata;
}

/** Plain http is for a provider of this machine alone, which the configuration has seen to. */
export const requestOptions = (issuer: string, fetch: Fetch) => ({
  [customFetch]: fetch,
  [allowInsecureRequests]: issuer.startsWith('http:'),
});
