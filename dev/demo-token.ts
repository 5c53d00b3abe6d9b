import { randomUUID } from 'node:crypto';
import { importJWK, type JWTPayload, SignJWT } from 'jose';
import {
  allowInsecureRequests,
  genericTokenEndpointRequest,
  PrivateKeyJwt,
  processGenericTokenEndpointResponse,
  ResponseBodyError,
} from 'oauth4webapi';
import { type Addresses, localUrl } from './addresses.ts';
import { type LoginKey, readLoginKey } from './login/key.ts';

/** No token was given; the message says what to do. */
export class NoToken extends Error {
  override readonly name = 'NoToken';
}

/** A running demo, as its own commands use it. */
export interface Demo {
  /** The repository. */
  readonly root: string;
  readonly addresses: Addresses;
}

export interface TokenWish {
  readonly subject: string;
  /** The resource server (RFC 8707). */
  readonly audience: string;
  /** All that the login backend may ask for there, where it is left out. */
  readonly scope?: string | undefined;
  /** What the login says beside the subject. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** `client_id` of `CLIENTS.backend` in wrangler.token-service.toml. */
const CLIENT_ID = 'login-backend';
const ASSERTION_SECONDS = 60;

/**
 * Logs somebody in as a login backend does (JWT bearer grant, RFC 7523 §2.1, the client by `private_key_jwt`), and returns
 * the access token. Throws `NoToken`.
 */
export async function demoToken(demo: Demo, wish: TokenWish): Promise<string> {
  const issuer = localUrl(demo.addresses.issuer);
  const key = await loginKey(demo);
  const assertion = await signed(key, demo.addresses, {
    ...wish.claims,
    sub: wish.subject,
    aud: issuer,
    jti: randomUUID(),
  });
  const server = { issuer, token_endpoint: `${issuer}/token` };
  const client = { client_id: CLIENT_ID };
  const privateKey = await privateKeyOf(key);
  const { audience: resource, scope } = wish;
  try {
    const response = await genericTokenEndpointRequest(
      server,
      client,
      PrivateKeyJwt({ key: privateKey, kid: key.kid }),
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      { assertion, resource, ...(scope === undefined ? {} : { scope }) },
      { [allowInsecureRequests]: true },
    );
    return (await processGenericTokenEndpointResponse(server, client, response)).access_token;
  } catch (error) {
    if (error instanceof ResponseBodyError) throw refused(error, wish);
    if (error instanceof TypeError) throw noDemo(issuer);
    throw error;
  }
}

/** A token of whoever administers the token service: not its own, which it does not take. Throws `NoToken`. */
export async function adminToken(demo: Demo): Promise<string> {
  return await signed(await loginKey(demo), demo.addresses, {
    sub: 'demo-admin',
    aud: `${localUrl(demo.addresses.issuer)}/admin`,
    jti: randomUUID(),
    scope: 'token_service:read token_service:write',
  });
}

async function loginKey({ root, addresses }: Demo): Promise<LoginKey> {
  const key = await readLoginKey(root, addresses.gateway);
  if (key === undefined) throw noDemo(localUrl(addresses.issuer));
  return key;
}

const noDemo = (issuer: string): NoToken =>
  new NoToken(`No token service answers on ${issuer}. Start it first, in another terminal: npm run dev`);

/** RFC 6749 §5.2, RFC 8707 §2. */
function refused({ error, error_description: why }: ResponseBodyError, wish: TokenWish): NoToken {
  const where = 'wrangler.token-service.toml';
  switch (error) {
    case 'invalid_scope':
      return new NoToken(
        `The token service gives no scope "${wish.scope}" there: see CLIENTS.backend and RESOURCES in ${where}.`,
      );
    case 'invalid_target':
      return new NoToken(`The token service knows no audience ${wish.audience}: see RESOURCES in ${where}.`);
    default:
      return new NoToken(`The token service refuses: ${error}${why === undefined ? '' : `. ${why}`}`);
  }
}

async function privateKeyOf(key: LoginKey): Promise<CryptoKey> {
  const imported = await importJWK(key);
  if (imported instanceof Uint8Array) throw new TypeError('a private key is no secret');
  return imported;
}

/** As `ISSUERS.backend` signs. */
async function signed(key: LoginKey, { provider }: Addresses, claims: JWTPayload): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ ...claims, iss: localUrl(provider), iat: now, exp: now + ASSERTION_SECONDS })
    .setProtectedHeader({ alg: key.alg, typ: 'JWT', kid: key.kid })
    .sign(await privateKeyOf(key));
}
