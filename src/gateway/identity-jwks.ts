import { err, ok } from '../core/result.ts';
import type { Pipeline } from './gateway.ts';

/**
 * `/.portcullis/jwks.json` (RFC 7517 §5): the keys that identity tokens are signed with, for origins. A key is in it an
 * hour before it signs, which is far longer than this copy and an isolate's may be old. Public, and nothing where no route signs.
 */
export const identityJwks: Pipeline = async ({ signer }, _received, context, event) => {
  if (signer === undefined) return err({ reason: 'route_not_found' });
  event.route = 'portcullis-jwks';
  const key = await signer.keys.current(context);
  return key.ok ? ok(new Response(key.value.jwks, { headers: HEADERS })) : key;
};

const HEADERS = {
  'Content-Type': 'application/jwk-set+json',
  'Cache-Control': 'public, max-age=300',
};
