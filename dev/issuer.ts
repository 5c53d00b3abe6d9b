import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyTooLarge, listen, readBody, sendJson } from '../src/cli/dev/http.ts';
import { localUrl } from './addresses.ts';
import { createKeyRing, DEMO_ALGORITHMS, type KeyRing } from './issuer-keys.ts';
import { accessTokenClaims, InvalidTokenRequest, parseTokenRequest } from './token-request.ts';

export interface DemoIssuer {
  /** The `iss` value, and where its metadata is. */
  readonly issuer: string;
  close(): Promise<void>;
}

/** The gateway's answer to an unknown key is a refetch, so a minute is short enough to show caching at work. */
const JWKS_MAX_AGE_SECONDS = 60;
const MAX_BODY_BYTES = 64 * 1024;

/**
 * A demo issuer on loopback: metadata (OpenID Connect Discovery 1.0, RFC 8414), a JWKS that rotates on request, and
 * tokens for whoever asks. It checks no one's identity: never expose it, never trust it outside a demo.
 */
export async function startIssuer({ port }: { readonly port: number }): Promise<DemoIssuer> {
  const keys = await createKeyRing();
  let issuer = '';
  const server = await listen(async (request, response) => {
    try {
      await serve(issuer, keys, request, response);
    } catch (error) {
      sendJson(response, 500, { error: 'server_error', error_description: String(error) });
    }
  }, port);
  issuer = localUrl(server.port);
  return { issuer, close: server.close };
}

async function serve(
  issuer: string,
  keys: KeyRing,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A page in a browser can reach loopback under a host name of its own and read the answer.
  if (!['localhost', '127.0.0.1'].includes((request.headers.host ?? '').replace(/:\d+$/, ''))) {
    return sendJson(response, 421, { error: 'misdirected_request' });
  }
  const path = (request.url ?? '/').replace(/\?.*$/s, '');
  const isGet = request.method === 'GET' || request.method === 'HEAD';
  if (path === '/') return sendJson(response, 200, about(issuer));
  if (path === '/.well-known/openid-configuration' || path === '/.well-known/oauth-authorization-server') {
    return isGet ? sendJson(response, 200, metadata(issuer)) : methodNotAllowed(response, 'GET, HEAD');
  }
  if (path === '/jwks')
    return isGet ? sendJwks(keys, request, response) : methodNotAllowed(response, 'GET, HEAD');
  if (path === '/rotate' || path === '/token') {
    if (request.method !== 'POST') return methodNotAllowed(response, 'POST');
    return path === '/token' ? issue(issuer, keys, request, response) : rotate(keys, response);
  }
  sendJson(response, 404, { error: 'not_found', ...about(issuer) });
}

function sendJwks(keys: KeyRing, request: IncomingMessage, response: ServerResponse): void {
  const { body, etag } = keys.published();
  const caching = { 'cache-control': `public, max-age=${JWKS_MAX_AGE_SECONDS}`, etag };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, caching).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'application/jwk-set+json', ...caching }).end(body);
}

async function rotate(keys: KeyRing, response: ServerResponse): Promise<void> {
  await keys.rotate();
  sendJson(response, 200, { published: keys.published().kids }, { 'cache-control': 'no-store' });
}

async function issue(
  issuer: string,
  keys: KeyRing,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const noStore = { 'cache-control': 'no-store' };
  try {
    const body = await readBody(request, MAX_BODY_BYTES);
    const asked = parseTokenRequest(request.headers['content-type'], body.toString());
    const claims = accessTokenClaims(issuer, asked, Math.floor(Date.now() / 1000));
    const token = await keys.sign(claims, asked.alg);
    const answer = { access_token: token, token_type: 'Bearer', expires_in: asked.ttl, scope: asked.scope };
    sendJson(response, 200, answer, noStore);
  } catch (error) {
    if (!(error instanceof InvalidTokenRequest || error instanceof BodyTooLarge)) throw error;
    sendJson(response, 400, { error: 'invalid_request', error_description: error.message }, noStore);
  }
}

/** OpenID Connect Discovery 1.0 §3, RFC 8414 §2. No authorization endpoint: nobody can log in here. */
function metadata(issuer: string): object {
  return {
    issuer,
    jwks_uri: `${issuer}/jwks`,
    token_endpoint: `${issuer}/token`,
    response_types_supported: [],
    grant_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: DEMO_ALGORITHMS,
  };
}

const about = (issuer: string): object => ({
  about: 'Portcullis demo issuer: gives a token to anyone who asks. Local development only.',
  metadata: `${issuer}/.well-known/openid-configuration`,
  jwks: `${issuer}/jwks`,
  'POST /token': { scope: 'orders:read', ttl: 300 },
  'POST /rotate': 'new keys sign, the old ones stay published until the next rotation',
});

function methodNotAllowed(response: ServerResponse, allow: string): void {
  sendJson(response, 405, { error: 'method_not_allowed' }, { allow });
}
