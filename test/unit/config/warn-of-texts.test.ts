import { describe, expect, it } from 'vitest';
import { compiled, envWith, type Table } from './rules.ts';

const warned = (issuer: Table, route: Table = {}, rest: Table = {}) =>
  compiled(envWith(issuer, route, rest)).warnings.map(({ path, allowed, hint }) => [
    path,
    `${allowed} | ${hint ?? ''}`,
  ]);

describe('an issuer that tokens mostly write otherwise', () => {
  it.each([
    ['https://ID.Example/Realm', 'https://id.example/Realm'],
    ['https://id.example:443/a', 'https://id.example/a'],
    ['https://b\u00fccher.example', 'https://xn--bcher-kva.example'],
    ['HTTPS://id.example', 'https://id.example'],
    ['https://acme.eu.auth0.com', 'https://acme.eu.auth0.com/'],
  ])('%s is warned of', (issuer, meant) => {
    expect(warned({ issuer, jwks_uri: 'https://keys.example/jwks' })).toEqual([
      ['ISSUERS.acme.issuer', expect.stringContaining(`did you mean "${meant}"?`)],
    ]);
  });

  it.each([
    'https://id.example',
    'https://id.example/',
    'https://id.example:8443/a/',
    'https://id.example/Realms/A',
    'https://[2001:db8::1]/a',
    'https://acme.eu.auth0.com/',
    'https://auth0.com.example',
    'accounts.google.com',
    'kubernetes/serviceaccount',
    'urn:acme:id',
  ])('%s is not', (issuer) => {
    expect(warned({ issuer, jwks_uri: 'https://keys.example/jwks' })).toEqual([]);
  });
});

it.each([
  'https://id.example/.well-known/openid-configuration/jwks',
  'https://id.example/.well-known/jwks.json',
])('a key set at %s is where some issuers have it', (uri) => expect(warned({ jwks_uri: uri })).toEqual([]));

describe('a secret with white space around it', () => {
  const SECRET = 'x'.repeat(32);

  it.each([`${SECRET}\n`, ` ${SECRET}`, `${SECRET}\r\n`])('is warned of, and not shown: %j', (secret) => {
    expect(warned({ hmac_secret: 'S' }, {}, { S: secret })).toEqual([
      ['ISSUERS.acme.hmac_secret', expect.not.stringContaining(SECRET)],
    ]);
    expect(warned({ hmac_secret: ['T', 'S'] }, {}, { S: secret, T: SECRET })).toHaveLength(1);
  });

  it('is not where there is none, or where it does not count', () => {
    expect(warned({ hmac_secret: 'S' }, {}, { S: SECRET })).toEqual([]);
    const encoded = { hmac_secret: 'S', hmac_secret_encoding: 'base64' };
    expect(warned(encoded, {}, { S: `${'QUJD'.repeat(12)}\n` })).toEqual([]);
  });
});

describe('an audience that is meant for several', () => {
  it.each(['https://*.example', 'https://a.example, https://b.example', 'https://a https://b', 'api://{id}'])(
    '%s is warned of',
    (audience) => {
      expect(warned({ audience })).toEqual([
        ['ISSUERS.acme.audience', expect.stringContaining('no wildcard')],
      ]);
      expect(warned({ audience: ['a', audience] })).toEqual([
        ['ISSUERS.acme.audience[1]', expect.anything()],
      ]);
    },
  );

  it.each(['Acme API', 'api://3f2504e0', 'https://api.example/?a=1,2', 'a:b|c'])('%s is not', (audience) => {
    expect(warned({ audience })).toEqual([]);
  });
});

/** As shells and templates have it. */
const variable = (name: string) => `\${${name}}`;

describe('text that something else was to fill in', () => {
  it.each([
    variable('AUDIENCE'),
    `api://${variable('CLIENT_ID')}/x`,
    '$AUDIENCE',
    '%AUDIENCE%',
    '{{ audience }}',
    '<client id>',
    'env.AUDIENCE',
    'process.env.AUDIENCE',
    'https://YOUR_DOMAIN/x',
  ])('%s is warned of', (audience) => {
    const texts = warned({ audience }).filter(([, text]) => text?.includes('nothing is filled in'));
    expect(texts).toEqual([['ISSUERS.acme.audience', expect.anything()]]);
  });

  it('is found wherever it stands, but for what claims are compared with', () => {
    const rest = { GATEWAY: { realm: variable('REALM') } };
    const route = { scope: ['read', '$SCOPE'], claims: [{ claim: 'a', equals: variable('A') }] };
    expect(warned({}, route, rest).map(([path]) => path)).toEqual([
      'ROUTES.orders.scope[1]',
      'GATEWAY.realm',
    ]);
  });

  it.each(['env:read', 'a$b', '100%', 'a<b', 'your-api', 'YOURS'])('%s is not such', (scope) => {
    expect(warned({}, { scope: [scope] })).toEqual([]);
  });
});

describe('a header and its claim the wrong way round', () => {
  it('is warned of', () => {
    expect(warned({}, { headers: { sub: 'X-User-Id' } })).toEqual([
      ['ROUTES.orders.headers.sub', expect.stringContaining('before the equals sign')],
    ]);
  });

  it('is not where the header is one, or the claim may be one', () => {
    expect(warned({}, { headers: { 'X-User-Id': 'sub', 'X-Copy': 'X-Origin', User: 'x-id' } })).toEqual([]);
  });
});
