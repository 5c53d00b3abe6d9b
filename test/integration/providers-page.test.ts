import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { parse } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metadataUrl } from '../../src/keys/discovery.ts';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { bearer, send } from '../fixtures/client.ts';
import { json, type ScriptedServer, startScriptedServer } from '../fixtures/http-faults.ts';
import { type SigningKey, signingKey } from '../fixtures/issuer.ts';
import { PROVIDER_TOKENS, type ProviderToken } from '../fixtures/provider-tokens.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

type Tables = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const text = readFileSync(join(REPOSITORY, 'docs/providers.md'), 'utf8');
/** What stands below each heading, as TOML. */
const sections = text
  .split(/^## /m)
  .slice(1)
  .map((section) => {
    const [heading = ''] = section.split('\n', 1);
    const blocks = [...section.matchAll(/```toml\n([\s\S]*?)```/g)].map(([, block = '']) => block);
    const vars = (parse(blocks.join('\n')).vars ?? {}) as { ISSUERS?: Tables; ROUTES?: Tables };
    return { heading, issuers: vars.ISSUERS ?? {}, routes: vars.ROUTES ?? {} };
  });
const ISSUERS: Tables = Object.assign({}, ...sections.map(({ issuers }) => issuers));
const SECRET = 'the-shared-secret-of-an-older-project-01';

/** As the page has it, at an address of its own; where it has none, one that takes the section's tokens. */
const ROUTES = Object.fromEntries(
  sections.map(({ heading, issuers, routes }, index) => {
    const [shown] = Object.values(routes);
    const route = shown ?? { origin: 'https://orders.internal.example', issuers: Object.keys(issuers) };
    return [`section-${index}`, { ...route, path: pathOf(heading) }];
  }),
);
function pathOf(heading: string): string {
  return `/${sections.findIndex((section) => section.heading === heading)}`;
}

/** Every provider and the origin at once: what asks for metadata or keys gets them, by where it asks. */
describe('docs/providers.md', () => {
  let internet: ScriptedServer;
  let gateway: Gateway;
  let keys: Readonly<Record<'RS256' | 'ES256', SigningKey>>;

  beforeAll(async () => {
    keys = { RS256: await signingKey('RS256', 'rsa'), ES256: await signingKey('ES256', 'ec') };
    const jwks = { keys: Object.values(keys).map(({ jwk }) => jwk) };
    internet = await startScriptedServer((request, response) => {
      const url = `https://${request.headers.host}${request.url}`;
      const issuer = Object.values(ISSUERS).find(
        (table) => metadataUrl(String(table.issuer), 'openid') === url,
      )?.issuer;
      const isKeys = /jwk|keys/.test(request.url ?? '');
      const document =
        issuer === undefined ? jwks : { issuer, jwks_uri: `https://${request.headers.host}/its/keys` };
      json(issuer !== undefined || isKeys ? document : { reached: 'the origin' })(request, response);
    });
    gateway = await startGateway({
      vars: { ISSUERS, ROUTES },
      secrets: { SUPABASE_JWT_SECRET: SECRET, BATCH_HMAC_SECRET: SECRET },
      outbound: new URL(internet.url).host,
    });
  });
  afterAll(() => Promise.all([gateway.stop(), internet.stop()]));

  const signed = (
    { header, claims, lifetime }: ProviderToken,
    overrides: Record<string, unknown> = {},
    forged = false,
  ) => {
    const { alg } = header;
    const now = Math.floor(Date.now() / 1000);
    const key = alg === 'HS256' ? undefined : keys[alg];
    const all = { iat: now, exp: now + lifetime, ...claims, ...overrides };
    const secret = new TextEncoder().encode(forged ? `${SECRET}!` : SECRET);
    return new SignJWT(JSON.parse(JSON.stringify(all)))
      .setProtectedHeader({ ...header, ...(key ? { kid: key.kid } : {}) })
      .sign(key?.privateKey ?? secret);
  };
  const ask = async (token: ProviderToken, text: string) => {
    const { response, event } = await send(gateway, 'GET', pathOf(token.provider), [bearer(text)]);
    return response.status === 200 ? `200 ${event.issuer}` : `${response.status} ${event.reason}`;
  };

  it('has a token for every provider, and a provider for every token', () => {
    const shown = sections.map(({ heading }) => heading).filter((heading) => heading !== 'Your own');
    expect(new Set(PROVIDER_TOKENS.map(({ provider }) => provider))).toEqual(new Set(shown));
  });

  const rows = PROVIDER_TOKENS.map((token) => [token.table, token] as const);

  it.each(rows)('%s takes a token of that shape', async (table, token) => {
    expect(await ask(token, await signed(token))).toBe(`200 ${table}`);
  });

  it.each(rows)(
    '%s refuses one for somebody else, of somebody else, and one that has ended',
    async (table, token) => {
      const { issuer, audience_claim: claim = 'aud' } = ISSUERS[table] ?? {};
      expect(issuer).toBeDefined();
      expect(await ask(token, await signed(token, { [String(claim)]: 'https://other.example' }))).toMatch(
        // Where a route has tables for both kinds of token, one for neither is told of the first.
        /^401 (?:audience_mismatch|claim_missing)$/,
      );
      expect(await ask(token, await signed(token, { iss: `${token.claims.iss}x` }))).toBe(
        '401 issuer_untrusted',
      );
      const now = Math.floor(Date.now() / 1000);
      expect(await ask(token, await signed(token, { iat: now - 120, exp: now - 60 }))).toBe('401 expired');
    },
  );

  it.each(rows.filter(([, { provider }]) => /Keycloak|many|Google|Supabase/.test(provider)))(
    '%s refuses one that its route is not for',
    async (_table, token) => {
      const others: Record<string, unknown> = {
        realm_access: { roles: [] },
        hd: 'other.example',
        role: 'anon',
      };
      const tid = '22222222-2222-3333-4444-555555555555';
      const tenant = /many/.test(token.provider)
        ? { iss: `https://login.microsoftonline.com/${tid}/v2.0`, tid }
        : {};
      expect(await ask(token, await signed(token, { ...others, ...tenant }))).toBe('403 claim_forbidden');
    },
  );

  it('refuses what the shared secret of an older project did not sign', async () => {
    const [token] = PROVIDER_TOKENS.filter(({ header }) => header.alg === 'HS256');
    if (token === undefined) throw new Error('no such token');
    expect(await ask(token, await signed(token, {}, true))).toBe('401 signature_invalid');
  });
});
