/**
 * What a verified token takes in the cache, beside what the cache counts for it:
 * `node --expose-gc --js-base-64 bench/token-cache-memory.ts [entries]`. In Node, whose V8 does without pointer
 * compression, so that a Worker takes no more.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { JsonObject } from '../src/core/jose.ts';
import type { VerifiedToken } from '../src/core/verified-token.ts';
import { lookupsOf } from '../src/revocation/predicates.ts';
import { decodeToken } from '../src/tokens/decode.ts';
import { heldBytes } from '../src/tokens/held-bytes.ts';
import { TokenCache } from '../src/tokens/token-cache.ts';
import { anIssuer } from '../test/fixtures/policies.ts';

const entries = Number(process.argv[2] ?? 1_000);
const { gc } = globalThis;
if (gc === undefined) throw new Error('run it with --expose-gc --js-base-64');

const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const SHAPES: Readonly<Record<string, (token: number) => JsonObject>> = {
  'six claims': () => ({}),
  'fourteen claims': (token) => ({
    scope: 'orders:read orders:write profile email',
    client_id: 'web',
    sid: randomUUID(),
    roles: ['admin', 'user'],
    email: `user${token}@example.com`,
    name: `User Number ${token}`,
    auth_time: 1_800_000_000,
    acr: '1',
  }),
  'nested roles': (token) => ({
    sid: randomUUID(),
    azp: 'web',
    realm_access: { roles: ['default-roles', 'offline_access', 'uma_authorization'] },
    resource_access: { account: { roles: ['manage-account', 'view-profile'] }, web: { roles: ['user'] } },
    scope: 'openid email profile',
    preferred_username: `user-${token}`,
  }),
  '60 groups': () => ({ groups: many(60, () => randomUUID()) }),
  'one long text': () => ({ text: randomBytes(3_000).toString('base64') }),
  '2,000 digits': () => ({ list: many(2_000, (index) => index % 10) }),
  '600 members': () => ({ table: Object.fromEntries(many(600, (index) => [`k${index}`, 1])) }),
  '300 members of its own': (token) => ({
    table: Object.fromEntries(many(300, (index) => [`k${token}_${index}`, 1])),
  }),
  '1,000 empty lists': () => ({ list: many(1_000, () => []) }),
  '1,000 empty tables': () => ({ list: many(1_000, () => ({})) }),
};

const base64url = (text: string) => Buffer.from(text).toString('base64url');
const HEADER = base64url('{"alg":"RS256","kid":"key-1","typ":"JWT"}');
const profile = anIssuer();

function used(): number {
  for (let round = 0; round < 4; round++) gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** As the gateway does it, but for the signature: the token is a part of a longer header. */
function add(cache: TokenCache, claims: JsonObject): number {
  const registered = { iss: profile.issuer, aud: 'a', sub: 'user-1', iat: 1, exp: 2, jti: randomUUID() };
  const signature = randomBytes(256).toString('base64url');
  const payload = base64url(JSON.stringify({ ...registered, ...claims }));
  const header = Buffer.from(`Bearer ${HEADER}.${payload}.${signature}`).toString('latin1');
  const token = header.slice('Bearer '.length);
  const decoded = decodeToken(token);
  if (!decoded.ok) throw new Error('the token does not decode');
  const key = { algorithm: 'RS256', kid: 'key-1', cryptoKey: {} as CryptoKey } as const;
  const verified = { profile, issuer: profile.issuer, ...decoded.value, key, iat: 1, exp: 2, nbf: undefined };
  const held = Object.freeze({ ...verified, signature: undefined, signingInput: undefined });
  // What the first check of its revocation leaves behind.
  JSON.stringify(lookupsOf(held as unknown as VerifiedToken).keys);
  cache.set(token, held as unknown as VerifiedToken);
  return heldBytes(token, decoded.value.claims);
}

console.log('claims                    counted   measured');
for (const [name, shape] of Object.entries(SHAPES)) {
  const cache = new TokenCache({ entries: 1e6, bytes: 1e12 });
  for (let warm = 0; warm < 200; warm++) add(cache, shape(warm));
  const before = used();
  let counted = 0;
  for (let token = 0; token < entries; token++) counted += add(cache, shape(1_000 + token));
  const measured = Math.round((used() - before) / entries);
  const columns = [Math.round(counted / entries), measured].map((bytes) => String(bytes).padStart(10));
  console.log(name.padEnd(23) + columns.join(' '), cache.size < entries ? 'incomplete' : '');
}
