import { describe, expect, it } from 'vitest';
import { Binding, compiled, envWith, ISSUER, problemsOf, ROUTE, type Table } from './rules.ts';

const told = (env: Table) =>
  problemsOf(env).map(({ path, found, allowed, hint }) => `${path}: ${found} | ${allowed} | ${hint ?? ''}`);
const profileOf = (issuer: Table, rest: Table = {}) => {
  const [first] = compiled(envWith(issuer, {}, rest)).policy.issuers;
  if (first === undefined) throw new Error('no issuer');
  return first;
};
const warningsOf = (issuer: Table, route: Table = {}, rest: Table = {}) =>
  compiled(envWith(issuer, route, rest)).warnings.map(({ path, found }) => `${path}: ${found}`);

const PRIVATE_JWK = JSON.stringify({ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'secret-part', kid: 'k' });
const PRIVATE_PEM = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n';
const PUBLIC_PEM =
  '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----';
const LONG = 'a-secret-of-at-least-thirty-two-bytes';
const MS = 'https://login.example/{tid}/v2.0';
const KEYS = 'https://login.example/keys';

describe('mistakes of an issuer', () => {
  it.each<[string, Table, Table, string, string[]]>([
    [
      'a placeholder alone',
      { issuer: MS, jwks_uri: KEYS },
      {},
      'issuer_parameter',
      ['nothing', 'guid', 'one table for each'],
    ],
    ['a template to discover', { issuer: MS, issuer_parameter: 'guid' }, {}, 'jwks_uri', ['metadata']],
    ['a parameter alone', { issuer_parameter: 'guid' }, {}, 'issuer_parameter', ['no effect']],
    [
      'a form there is not',
      { issuer: MS, issuer_parameter: 'uuid', jwks_uri: KEYS },
      {},
      'issuer_parameter',
      ['"guid"'],
    ],
    [
      'a value with a slash',
      { issuer: MS, issuer_parameter: ['a/b'], jwks_uri: KEYS },
      {},
      'issuer_parameter[0]',
      ['path segment'],
    ],
    [
      'a dot segment',
      { issuer: MS, issuer_parameter: ['..'], jwks_uri: KEYS },
      {},
      'issuer_parameter[0]',
      ['path segment'],
    ],
    [
      'no value',
      { issuer: MS, issuer_parameter: [], jwks_uri: KEYS },
      {},
      'issuer_parameter',
      ['empty list'],
    ],
    ['two placeholders', { issuer: 'https://x.example/{a}/{b}' }, {}, 'issuer', ['placeholder']],
    ['a placeholder in the host', { issuer: 'https://{t}.x.example/' }, {}, 'issuer', ['placeholder']],
    ['a part of a segment', { issuer: 'https://x.example/a{t}' }, {}, 'issuer', ['placeholder']],
    ['a placeholder and a wildcard', { issuer: 'https://x.example/*/{t}' }, {}, 'issuer', ['wildcard']],
    ['three HMAC secrets', { hmac_secret: ['A', 'B', 'C'] }, {}, 'hmac_secret', ['a list of two']],
    [
      'one of two too short',
      { hmac_secret: ['A', 'B'] },
      { A: LONG, B: 'short' },
      'hmac_secret[1]',
      ['5 bytes', '32'],
    ],
    ['one twice', { hmac_secret: ['A', 'A'] }, { A: LONG }, 'hmac_secret', ['twice']],
    [
      'one that is not hex',
      { hmac_secret: 'A', hmac_secret_encoding: 'hex' },
      { A: LONG },
      'hmac_secret',
      ['not written in hex'],
    ],
    [
      '31 bytes of hex',
      { hmac_secret: 'A', hmac_secret_encoding: 'hex' },
      { A: 'ab'.repeat(31) },
      'hmac_secret',
      ['31 bytes'],
    ],
    [
      '24 bytes of base64',
      { hmac_secret: 'A', hmac_secret_encoding: 'base64' },
      { A: 'abcd'.repeat(8) },
      'hmac_secret',
      ['24 bytes'],
    ],
    [
      'base64 for base64url',
      { hmac_secret: 'A', hmac_secret_encoding: 'base64url' },
      { A: '+/'.repeat(32) },
      'hmac_secret',
      ['not written'],
    ],
    [
      '47 bytes for HS384',
      { hmac_secret: 'A', hmac_secret_encoding: 'hex', algorithms: ['HS384'] },
      { A: 'ab'.repeat(47) },
      'hmac_secret',
      ['48'],
    ],
    [
      'an encoding without a secret',
      { hmac_secret_encoding: 'hex' },
      {},
      'hmac_secret_encoding',
      ['no effect'],
    ],
    ['no expiry and no age', { allow_no_expiry: true }, {}, 'max_token_age', ['for ever']],
    [
      'an age beyond the lifetime',
      { allow_no_expiry: true, max_token_age: '2d' },
      {},
      'max_token_age',
      ['1d', 'max_token_lifetime'],
    ],
    [
      'no expiry in RFC 9068',
      { allow_no_expiry: true, max_token_age: '1h', profile: 'rfc9068' },
      {},
      'allow_no_expiry',
      ['RFC 9068'],
    ],
    [
      'no audience but said so',
      { audience: undefined, allow_no_audience: false },
      {},
      'audience',
      ['nothing'],
    ],
    ['no service', { jwks_uri: 'service:KEYS/jwks.json' }, {}, 'jwks_uri', ['service binding']],
    ['a service without a path', { jwks_uri: 'service:ORDERS' }, {}, 'jwks_uri', ['service:BINDING/path']],
    [
      'a service and another host',
      { jwks_uri: 'service:ORDERS//evil.example/x' },
      {},
      'jwks_uri',
      ['service:BINDING/path'],
    ],
    ['PEM beside a JWKS', { pem: PUBLIC_PEM, jwks_uri: KEYS }, {}, '', ['at most one of']],
    ['PEM of a private key', { pem: PRIVATE_PEM }, {}, 'pem', ['PRIVATE', 'leaked']],
    [
      'PEM of something else',
      { pem: '-----BEGIN FUN-----\nAAAAAAAAAAAAAAAA\n-----END FUN-----' },
      {},
      'pem',
      ['block 1'],
    ],
    ['text beside PEM', { pem: `${PUBLIC_PEM}\nhello` }, {}, 'pem', ['text beside']],
    ['where PEM lies', { pem: './key.pem' }, {}, 'pem', ['the text itself']],
    ['PEM without its lines', { pem: 'MIIBIjANBgkqhkiG9w0BAQEF' }, {}, 'pem', ['first and last line']],
    ['PEM with \\n', { pem: PUBLIC_PEM.replaceAll('\n', '\\n') }, {}, 'pem', ['instead of \\n']],
    [
      'PEM of PKCS #1',
      { pem: PUBLIC_PEM.replaceAll('PUBLIC', 'RSA PUBLIC') },
      {},
      'pem',
      ['openssl rsa -RSAPublicKey_in'],
    ],
    ['half a block', { pem: PUBLIC_PEM.slice(0, 80) }, {}, 'pem', ['text beside']],
    ['no block', { pem: '' }, {}, 'pem', ['0 blocks']],
    ['key ids for PEM', { pem: PUBLIC_PEM, allowed_kids: ['a'] }, {}, 'allowed_kids', ['no effect']],
    ['encryption without keys', { encryption: 'required' }, {}, 'encryption', ['decryption_keys']],
    ['three keys', { decryption_keys: ['A', 'B', 'C'] }, {}, 'decryption_keys', ['a list of two']],
    [
      'a key that is not there',
      { decryption_keys: 'A_KEY' },
      {},
      'decryption_keys',
      ['no secret of this name'],
    ],
    ['a key twice', { decryption_keys: ['A', 'A'] }, { A: PRIVATE_JWK }, 'decryption_keys', ['twice']],
    ['neither JWK nor PEM', { decryption_keys: 'A' }, { A: LONG }, 'decryption_keys', ['neither']],
    [
      'a public JWK',
      { decryption_keys: ['A'] },
      { A: '{"kty":"EC","crv":"P-256"}' },
      'decryption_keys[0]',
      ['private part'],
    ],
    [
      'a symmetric JWK',
      { decryption_keys: 'A' },
      { A: '{"kty":"oct","k":"x","d":"x"}' },
      'decryption_keys',
      ['another kind'],
    ],
    [
      'a small RSA key',
      { decryption_keys: 'A' },
      { A: '{"kty":"RSA","n":"AQAB","d":"x"}' },
      'decryption_keys',
      ['2048'],
    ],
    [
      'a signing JWK',
      { decryption_keys: 'A' },
      { A: PRIVATE_JWK.replace('"kid"', '"use":"sig","kid"') },
      'decryption_keys',
      ['"use"'],
    ],
    [
      'RSA1_5',
      { decryption_keys: 'A' },
      { A: PRIVATE_JWK.replace('"kid"', '"alg":"RSA1_5","kid"') },
      'decryption_keys',
      ['"alg"'],
    ],
    [
      'http to another host',
      { issuer: 'http://10.0.0.7:8080' },
      {},
      'issuer',
      ['https', 'allow_http = ["10.0.0.7:8080"]'],
    ],
    [
      'http to a host not named',
      { jwks_uri: 'http://10.0.0.8/jwks', allow_http: ['10.0.0.8:81'] },
      {},
      'jwks_uri',
      ['https'],
    ],
    ['a host without use', { jwks_uri: KEYS, allow_http: ['10.0.0.7'] }, {}, 'allow_http[0]', ['no effect']],
    [
      'this machine, which needs no leave',
      { jwks_uri: 'http://127.0.0.1/jwks', allow_http: ['127.0.0.1'] },
      {},
      'allow_http[0]',
      ['no effect'],
    ],
    [
      'a public address',
      { jwks_uri: 'http://8.8.8.8/jwks', allow_http: ['8.8.8.8'] },
      {},
      'allow_http[0]',
      ['public address'],
    ],
    [
      'a whole URL',
      { jwks_uri: 'http://10.0.0.7/jwks', allow_http: ['http://10.0.0.7'] },
      {},
      'allow_http[0]',
      ['a host'],
    ],
  ])('%s', (_title, issuer, rest, key, words) => {
    const problems = told(envWith(issuer, {}, rest));
    const [first = ''] = problems.filter((each) =>
      each.startsWith(`ISSUERS.acme${key === '' ? '' : '.'}${key}: `),
    );
    for (const word of words) expect(first).toContain(word);
    expect(JSON.stringify(problems)).not.toMatch(/secret-part|MIGHAgEAMBMGByqGSM49|abcdabcd|a-secret-of/);
  });

  it('refuses a plain http origin of another host, and takes one that the route names', () => {
    const origin = 'http://10.0.0.7:8080';
    expect(told(envWith({}, { origin }))).toMatchObject([expect.stringContaining('ROUTES.orders.origin')]);
    expect(told(envWith({}, { origin, allow_http: ['10.0.0.7:8080'] }))).toEqual([]);
    expect(told(envWith({}, { allow_http: ['10.0.0.7:8080'] }))).toMatchObject([
      expect.stringContaining('ROUTES.orders.allow_http[0]'),
    ]);
    expect(warningsOf({}, { origin, allow_http: ['10.0.0.7:8080'] })).toContainEqual(
      expect.stringContaining('ROUTES.orders.allow_http: plain http'),
    );
  });
});

describe('an issuer table', () => {
  it('holds a template', () => {
    const profile = profileOf({ issuer: MS, issuer_parameter: 'guid', jwks_uri: KEYS });
    const template = { before: 'https://login.example/', after: '/v2.0', claim: 'tid', allowed: 'guid' };
    expect(profile).toMatchObject({ issuer: MS, template });
    const listed = profileOf({ issuer: MS, issuer_parameter: ['a', 'b'], jwks_uri: KEYS });
    expect(listed.template?.allowed).toEqual(new Set(['a', 'b']));
  });

  it('holds two secrets in a form', () => {
    const rest = { A: 'ab'.repeat(32), B: 'CD'.repeat(32) };
    const { keys } = profileOf({ hmac_secret: ['A', 'B'], hmac_secret_encoding: 'hex' }, rest);
    expect(keys.source).toEqual({ from: 'secret', bindings: ['A', 'B'], encoding: 'hex' });
  });

  it('holds PEM keys', () => {
    const { keys } = profileOf({ pem: `${PUBLIC_PEM}\n\n${PUBLIC_PEM}\n` });
    expect(keys.source).toMatchObject({
      from: 'pem',
      blocks: [{ label: 'PUBLIC KEY' }, { label: 'PUBLIC KEY' }],
    });
  });

  it('holds where a service has the keys', () => {
    const { keys } = profileOf({ jwks_uri: 'service:ORDERS/jwks.json?a=b' });
    expect(keys.source).toMatchObject({ from: 'remote', jwksUri: 'service:ORDERS/jwks.json?a=b' });
  });

  it('holds what it lets through, and warns of it', () => {
    const loose = {
      audience: undefined,
      allow_no_audience: true,
      allow_no_expiry: true,
      max_token_age: '1h',
    };
    expect(profileOf(loose)).toMatchObject({
      audience: [],
      audienceOptional: true,
      expiry: 'optional',
      maxTokenAgeSeconds: 3_600,
    });
    expect(warningsOf(loose)).toEqual([
      expect.stringContaining('ISSUERS.acme.allow_no_expiry: true'),
      expect.stringContaining('ISSUERS.acme.allow_no_audience: true'),
    ]);
    expect(warningsOf({ allow_no_audience: false, allow_no_expiry: false })).toEqual([]);
  });

  it('holds a lifetime as a limit where it is written', () => {
    expect(profileOf({}).lifetimeEnforced).toBe(false);
    expect(profileOf({ max_token_lifetime: '1h' })).toMatchObject({
      lifetimeEnforced: true,
      maxTokenLifetimeSeconds: 3_600,
    });
  });

  it('holds keys to decrypt with, and demands encryption unless it is optional', () => {
    const rest = { A: PRIVATE_JWK, B: PRIVATE_PEM };
    expect(profileOf({ decryption_keys: ['A', 'B'] }, rest).encryption).toEqual({
      keys: ['A', 'B'],
      required: true,
    });
    expect(profileOf({ decryption_keys: 'A', encryption: 'optional' }, rest).encryption).toEqual({
      keys: ['A'],
      required: false,
    });
    expect(profileOf({}).encryption).toBeUndefined();
  });

  it('holds hosts that may be asked over http', () => {
    const { keys } = profileOf({ issuer: 'http://id.internal', allow_http: ['id.internal'] });
    expect(keys.source).toMatchObject({ httpHosts: new Set(['id.internal']) });
    for (const host of [
      '10.1.2.3',
      '172.16.0.1',
      '192.168.1.1:81',
      '100.64.0.1',
      '169.254.1.1',
      '[fd00::1]',
    ]) {
      expect(told(envWith({ jwks_uri: `http://${host}/jwks`, allow_http: [host] }))).toEqual([]);
    }
    for (const host of [
      '11.0.0.1',
      '172.32.0.1',
      '172.15.0.1',
      '192.169.0.1',
      '100.128.0.1',
      '169.253.0.1',
      '[2001:db8::1]',
    ]) {
      expect(told(envWith({ jwks_uri: `http://${host}/jwks`, allow_http: [host] }))).toHaveLength(1);
    }
  });
});

describe('two tables of one iss on a route', () => {
  const S = { S: LONG };
  const template = { issuer: MS, issuer_parameter: 'guid', jwks_uri: KEYS };
  const tenant = 'https://login.example/11111111-2222-3333-4444-555555555555/v2.0';

  it.each<[string, Table, Table, boolean]>([
    ['different audiences', { audience: 'a' }, { audience: 'b' }, true],
    ['an audience in common', { audience: ['a', 'b'] }, { audience: ['b'] }, false],
    ['different audience claims', {}, { audience_claim: 'client_id' }, true],
    [
      'different audience claims of which one is optional',
      { allow_no_audience: true },
      { audience_claim: 'client_id' },
      false,
    ],
    [
      'both without audience',
      { audience: 'a', allow_no_audience: true },
      { audience: 'b', allow_no_audience: true },
      false,
    ],
    ['different algorithms', { hmac_secret: 'S' }, { algorithms: ['ES256'] }, true],
    ['an algorithm in common', { algorithms: ['RS256'] }, { algorithms: ['ES256', 'RS256'] }, false],
    [
      'different types, one of them required',
      { types: ['JWT'], type_required: true },
      { types: ['at+jwt'] },
      true,
    ],
    ['different types, neither required', { types: ['JWT'] }, { types: ['at+jwt'] }, false],
    ['a type in common', { type_required: true }, { types: ['at+jwt'], type_required: true }, false],
    ['a template and one of its issuers', template, { issuer: tenant }, false],
    ['a template and another issuer', template, { issuer: 'https://login.example/x/v2.0' }, true],
    [
      'a template and one of its issuers for another audience',
      template,
      { issuer: tenant, audience: 'b' },
      true,
    ],
    ['two templates of any tenant', template, { ...template }, false],
    [
      'two templates of different tenants',
      { ...template, issuer_parameter: ['a'] },
      { ...template, issuer_parameter: ['b'] },
      true,
    ],
    [
      'two templates with a tenant in common',
      { ...template, issuer_parameter: ['a', 'c'] },
      { ...template, issuer_parameter: ['b', 'c'] },
      false,
    ],
    [
      'a template with a list that has GUIDs',
      template,
      { ...template, issuer_parameter: ['11111111-2222-3333-4444-555555555555'] },
      false,
    ],
    ['a template with a list that has none', template, { ...template, issuer_parameter: ['a'] }, true],
    ['templates that may meet', template, { ...template, issuer: 'https://login.example/{t}/v2.0' }, false],
    [
      'templates that may meet at different places',
      template,
      { ...template, issuer: 'https://login.example/x/{t}' },
      false,
    ],
    ['templates of two hosts', template, { ...template, issuer: 'https://x.example/{t}' }, true],
  ])('%s: %j, %j', (_title, a, b, isSound) => {
    const ISSUERS = { a: { ...ISSUER, ...a }, b: { ...ISSUER, ...b } };
    const problems = problemsOf(
      envWith({}, { ...ROUTE, issuers: ['a', 'b', 'a'] }, { ISSUERS, ...S, KEYS: new Binding() }),
    );
    expect(problems.map(({ path }) => path)).toEqual(isSound ? [] : ['ROUTES.orders.issuers']);
  });
});

describe('what only one tenant may', () => {
  it('read the status', () => {
    const GATEWAY = { status: { issuer: 'acme', scope: ['ops'] } };
    const problems = told(envWith({ issuer: MS, issuer_parameter: 'guid', jwks_uri: KEYS }, {}, { GATEWAY }));
    expect(problems).toEqual([
      expect.stringContaining('GATEWAY.status.issuer: "acme", the issuers of many tenants'),
    ]);
  });
});
