import { json } from '../../http/problem.ts';
import type { Exchange } from '../ports.ts';
import { KEYRING_NAME } from './keyring-namespace.ts';

/** A verifier that holds the set this long still finds every key that signs: keys are published far earlier. */
const MAX_AGE_SECONDS = 300;

/** `GET /.well-known/jwks.json` (RFC 7517 §5). */
export async function serveJwks({ ports }: Exchange): Promise<Response> {
  const jwks = await ports.keyring.getByName(KEYRING_NAME).jwks();
  const maxAge = Math.min(MAX_AGE_SECONDS, ports.policy.keys.publishSeconds);
  return json(200, JSON.parse(jwks), {
    'Content-Type': 'application/jwk-set+json',
    'Cache-Control': `public, max-age=${maxAge}`,
    'Access-Control-Allow-Origin': '*',
  });
}
