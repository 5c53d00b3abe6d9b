import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { run } from '../../src/cli/run.ts';
import { EXPLAINED_NOW, EXPLAINED_POLICY, explainedIssuer } from '../fixtures/explained.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

completeRuntime();

type Issuer = Awaited<ReturnType<typeof explainedIssuer>>;

let folder: string;
let issuer: Issuer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-mistakes-'));
  issuer = await explainedIssuer();
  writeFileSync(join(folder, 'wrangler.toml'), EXPLAINED_POLICY);
  writeFileSync(join(folder, 'jwks.json'), issuer.jwks);
  writeFileSync(join(folder, '.dev.vars'), issuer.secrets);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function whyOf(args: readonly string[], stdin = ''): Promise<{ head: string; why: string }> {
  const { said, terminal } = recordingTerminal({
    readStdin: async () => stdin,
    readFile: async (path) => readFileSync(path, 'utf8'),
    now: () => EXPLAINED_NOW,
  });
  const files = ['--config', join(folder, 'wrangler.toml'), '--jwks', join(folder, 'jwks.json')];
  const code = await run(['explain', ...args, ...files], terminal);
  expect({ code, err: said.err }).toEqual({ code: 0, err: '' });
  const [head = '', ...lines] = said.out.split('\n');
  const why = lines.find((line) => line.startsWith('Why')) ?? '';
  return { head, why: why.replace(/^Why +/, '') };
}

const ORDERS = 'https://api.acme.example/orders/7';
type Members = Readonly<Record<string, unknown>>;

/** Tokens that people send in the place of a good one, and the sentence that they need. */
const TOKENS: readonly (readonly [mistake: string, claims: Members, header: Members, why: string])[] = [
  [
    'an ID token instead of an access token',
    { aud: 'spa-client', nonce: 'n-0S6', scope: undefined },
    { typ: 'JWT' },
    'The token is for spa-client; this gateway is "https://api.acme.example". This is an ID token, by its claim "nonce"; an API wants an access token.',
  ],
  [
    'a slash at the end of iss',
    { iss: 'https://id.acme.example/' },
    {},
    'The token\'s "iss" is "https://id.acme.example/"; the route accepts "https://id.acme.example". They differ in the slash at the end: the token has it, the policy has not.',
  ],
  [
    'iss over http',
    { iss: 'http://id.acme.example' },
    {},
    'The token\'s "iss" is "http://id.acme.example"; the route accepts "https://id.acme.example". One is http, the other https.',
  ],
  [
    'the realm of another environment',
    { iss: 'https://id.acme.example/realms/staging' },
    {},
    'The token\'s "iss" is "https://id.acme.example/realms/staging"; the route accepts "https://id.acme.example". It is the same host with another path: another tenant, realm or version.',
  ],
  [
    'another audience',
    { aud: ['https://billing.example', 'https://id.acme.example/userinfo'] },
    {},
    'The token is for ["https://billing.example","https://id.acme.example/userinfo"]; this gateway is "https://api.acme.example".',
  ],
  [
    'an audience in other letter case',
    { aud: 'https://API.acme.example' },
    {},
    'The token is for https://API.acme.example; this gateway is "https://api.acme.example". They differ in letter case alone.',
  ],
  [
    'a clock that is off',
    { iat: EXPLAINED_NOW + 600, exp: EXPLAINED_NOW + 900 },
    {},
    'The token is not valid yet: its "iat" is 2027-01-15T08:10:00Z (in 10 min). Either clock may be off; issuer acme tolerates 30 s.',
  ],
  [
    'dates in milliseconds',
    { iat: EXPLAINED_NOW * 1000, exp: (EXPLAINED_NOW + 300) * 1000 },
    {},
    'The token is not valid yet: its "iat" is 1800000000000, which looks like milliseconds: dates in tokens are seconds. Either clock may be off; issuer acme tolerates 30 s.',
  ],
  [
    'a scope in scp beside an empty scope',
    { scope: '', scp: ['orders:read'] },
    {},
    'The route needs scope orders:read, and the token has "". The claim "scp" names it, which is not where scopes are read: "scope", else "scp", or the issuer\'s "scope_claim".',
  ],
  [
    'a scope among Auth0 permissions',
    { scope: 'openid profile', permissions: ['orders:read'] },
    {},
    'The route needs scope orders:read, and the token has "openid profile". The claim "permissions" names it, which is not where scopes are read: "scope", else "scp", or the issuer\'s "scope_claim".',
  ],
  [
    'scopes with commas between',
    { scope: 'orders:read,orders:write' },
    {},
    'The route needs scope orders:read, and the token has "orders:read,orders:write". Scopes stand apart by spaces, not by commas.',
  ],
  [
    'scopes in other letter case',
    { scope: 'Orders:Read' },
    {},
    'The route needs scope orders:read, and the token has "Orders:Read". Letter case is told apart in scopes.',
  ],
  [
    'a life of a year',
    { exp: EXPLAINED_NOW + 365 * 86_400, iat: EXPLAINED_NOW },
    {},
    'The token lives 365 days, which is beyond the "max_token_lifetime" of issuer acme.',
  ],
  [
    'a date as text',
    { exp: String(EXPLAINED_NOW + 60) },
    {},
    `The token's "exp" is "${EXPLAINED_NOW + 60}", which is not as it must be. A date is a number, and this is a text.`,
  ],
  [
    'a key that was replaced',
    {},
    { kid: '2025-k' },
    'The token names the key "2025-k"; issuer acme has "2026-a". It was replaced, or belongs to another environment.',
  ],
  [
    'HS256 instead of a private key',
    {},
    { alg: 'HS256' },
    'The token is signed with HS256; issuer acme signs with ES256. HS means a shared secret, and the issuer signs with a private key.',
  ],
  ['no signature', {}, { alg: 'none' }, 'The token is not signed ("alg" is "none").'],
  [
    'a refresh token that has expired',
    { typ: 'Refresh', exp: EXPLAINED_NOW - 7200, iat: EXPLAINED_NOW - 9000 },
    { typ: 'JWT' },
    'The token expired: its "exp" is 2027-01-15T06:00:00Z (2 h ago); issuer acme tolerates 30 s. This is a refresh token ("typ" is among its claims); an API wants an access token.',
  ],
  ['no jti, which revoking needs', { jti: undefined }, {}, 'The token has no "jti".'],
];

const REQUESTS: readonly (readonly [
  mistake: string,
  ask: (token: string) => readonly string[],
  head: string,
  why: string,
])[] = [
  [
    'no Bearer before the token',
    (token) => [ORDERS, '-H', `Authorization: ${token}`],
    'credentials_missing',
    'Authorization holds a token without "Bearer " before it.',
  ],
  [
    'Basic instead of Bearer',
    () => [ORDERS, '-H', 'Authorization: Basic dTpw'],
    'credentials_missing',
    'Found: Authorization: Basic; the route looks for it in Authorization: Bearer.',
  ],
  [
    'a cookie instead of the header',
    (token) => [ORDERS, '-H', `Cookie: theme=dark; access=${token}`],
    'credentials_missing',
    'Found: a token in the cookie access; the route looks for it in Authorization: Bearer.',
  ],
  [
    'the header instead of a cookie',
    (token) => ['https://app.acme.example/account/me', '-H', `Authorization: Bearer ${token}`],
    'credentials_missing',
    'Found: Authorization: Bearer; the route looks for it in cookie session.',
  ],
  [
    'the token in the query',
    (token) => [`${ORDERS}?access_token=${token}`],
    'credentials_missing',
    'Found: a token in the query parameter access_token; the route looks for it in Authorization: Bearer.',
  ],
  [
    'quotes around the token',
    (token) => [ORDERS, '-H', `Authorization: Bearer "${token}"`],
    'credentials_malformed',
    'There are quotes or brackets about the token, which belong to no token.',
  ],
  [
    'Bearer twice',
    (token) => [ORDERS, '-H', `Authorization: Bearer Bearer ${token}`],
    'credentials_malformed',
    '"Bearer" stands twice before the token.',
  ],
  [
    'a colon after Bearer',
    (token) => [ORDERS, '-H', `Authorization: Bearer: ${token}`],
    'credentials_malformed',
    'After "Bearer" comes a space and the token, and no colon.',
  ],
  [
    'the whole answer of the token endpoint',
    (token) => [ORDERS, '-H', `Authorization: Bearer {"access_token":"${token}"}`],
    'credentials_malformed',
    'What was sent as the token is JSON. If it is the answer of a token endpoint, the token is its "access_token".',
  ],
  [
    'a line break where the token was wrapped',
    (token) => [ORDERS, '-H', `Authorization: Bearer ${token.slice(0, 40)} ${token.slice(40)}`],
    'credentials_malformed',
    'What stands where the token should be is none: characters that no token has, such as spaces or quotes (b64token).',
  ],
  [
    'a variable that was not set',
    () => [ORDERS, '-H', 'Authorization: Bearer undefined'],
    'token_malformed',
    'What was sent as the token is the word "undefined": the client had none when it built the request.',
  ],
  [
    'an opaque token',
    () => [ORDERS, '-H', 'Authorization: Bearer 2YotnFZFEjr1zCsicMWpAA'],
    'token_malformed',
    'The token is opaque: it has no dots, so it is no JWT.',
  ],
  [
    'half of the signature',
    (token) => [ORDERS, '-H', `Authorization: Bearer ${token.slice(0, -46)}`],
    'signature_invalid',
    'No key of issuer acme made this signature: header or claims were changed afterwards, the token was cut, or a key of the same name in another environment signed it.',
  ],
  [
    'another method',
    (token) => ['PATCH', ORDERS, '-H', `Authorization: Bearer ${token}`],
    'method_not_allowed',
    'The route is for GET, POST, HEAD, and the request is PATCH.',
  ],
  [
    'an escaped slash',
    () => ['https://api.acme.example/orders%2F7'],
    'route_not_found',
    'No route is for api.acme.example/orders%2F7. Route orders comes nearest; its path is another: api.acme.example/orders/*. In a path, %2F is no slash: it stands inside one segment.',
  ],
  [
    'an escaped slash into another route',
    () => ['https://api.acme.example/public/admin%2Fusers'],
    'path_ambiguous',
    'The path has "%2F". Some origins read this path as one of another route or of none, so that nobody can tell whose policy holds.',
  ],
  [
    'another letter case',
    () => ['https://api.acme.example/Transfers'],
    'route_not_found',
    'No route is for api.acme.example/Transfers. Route transfers comes nearest; its path is another: api.acme.example/transfers. Paths tell letter case apart.',
  ],
  [
    'the host of another environment',
    () => ['https://api.staging.example/orders/7'],
    'route_not_found',
    'No route is for api.staging.example/orders/7. Route orders comes nearest; its host is another: api.acme.example/orders/*.',
  ],
  [
    'the token of another tenant',
    () => ['https://api.acme.example/tenants', '--token', '-'],
    'issuer_untrusted',
    'The token\'s "iss" is "https://login.example/7a1c0f3e-0000-4000-8000-000000000009/v2.0"; the route accepts "https://login.example/{tenant}/v2.0". It is the same host with another path: another tenant, realm or version.',
  ],
];

describe('portcullis explain says what a person needs of', () => {
  it.each(TOKENS)('%s', async (_, claims, header, why) => {
    expect((await whyOf([ORDERS, '--token', '-'], await issuer.sign(claims, header))).why).toBe(why);
  });

  it.each(REQUESTS)('%s', async (_, ask, reason, why) => {
    const tenant = 'https://login.example/7a1c0f3e-0000-4000-8000-000000000009/v2.0';
    const token = await issuer.sign({});
    const told = await whyOf(ask(token), await issuer.sign({ iss: tenant }));
    expect(told.head).toContain(` ${reason}, `);
    expect(told.why).toBe(why);
  });
});
