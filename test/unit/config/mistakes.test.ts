import { describe, expect, it } from 'vitest';
import { envWith, ISSUER, problemsOf, ROUTE, type Table } from './rules.ts';

/** Each mistake alone: where it is, and words that its explanation must have. */
const told = (env: Table) =>
  problemsOf(env).map(
    ({ path, found, allowed, hint }) => [path, `${found} | ${allowed} | ${hint ?? ''}`] as const,
  );

function expectOne(env: Table, path: string, ...words: string[]): void {
  const problems = told(env);
  expect(problems.map(([at]) => at)).toEqual([path]);
  for (const word of words) expect(problems[0]?.[1]).toContain(word);
}

describe('an issuer', () => {
  it.each<[Table, string, string[]]>([
    [{ issuer: undefined }, 'issuer', ['nothing']],
    [{ issuer: '' }, 'issuer', ['""']],
    [{ issuer: ' https://id.example' }, 'issuer', ['" https://id.example"']],
    [{ issuer: ['https://id.example'] }, 'issuer', ['a list of 1']],
    [{ issuer: 'acme' }, 'issuer', ['discovered', 'jwks_uri']],
    [{ issuer: 'http://id.example' }, 'issuer', ['https']],
    [{ issuer: 'https://id.example?x=1' }, 'issuer', ['query']],
    [{ issuer: 'https://id.example#' }, 'issuer', ['fragment']],
    [{ issuer: 'https://<tenant>.id.example' }, 'issuer', ['placeholder', 'one table for each']],
    [{ issuer: 'https://*.id.example' }, 'issuer', ['wildcard', 'one table for each']],
    [{ issuer: `https://\${DOMAIN}/` }, 'issuer', ['nothing is filled in']],
    [{ issuer: '$ISSUER' }, 'issuer', ['nothing is filled in']],
    [{ issuer: 'https://id.example ' }, 'issuer', ['did you mean "https://id.example"?']],
    [{ issuer: 'id.example' }, 'issuer', ['did you mean "https://id.example"?', 'jwks_uri']],
    ...['openid-configuration', 'oauth-authorization-server'].map((name): [Table, string, string[]] => [
      { issuer: `https://id.example/a/.well-known/${name}` },
      'issuer',
      ['the address of metadata', 'did you mean "https://id.example/a"?'],
    ]),
    ...['common', 'organizations', 'consumers'].map((tenants): [Table, string, string[]] => [
      { issuer: `https://login.microsoftonline.com/${tenants}/v2.0` },
      'issuer',
      ['any tenant', 'did you mean "https://login.microsoftonline.com/{tid}/v2.0"?'],
    ]),
    [{ audience: undefined }, 'audience', ['nothing']],
    [{ audience: [] }, 'audience', ['an empty list']],
    [{ audience: '' }, 'audience', ['""']],
    [{ audience: '*' }, 'audience', ['no wildcard']],
    [{ audience: ['a', 5] }, 'audience[1]', ['5']],
    [{ audience: { aud: 'a' } }, 'audience', ['a table', 'list']],
    [{ algorithms: [] }, 'algorithms', ['an empty list']],
    [{ algorithms: 'RS256' }, 'algorithms', ['did you mean ["RS256"]?']],
    [{ algorithms: ['none'] }, 'algorithms[0]', ['"none"']],
    [{ algorithms: ['rs256'] }, 'algorithms[0]', ['did you mean "RS256"?']],
    [{ algorithms: ['RS256', 'HS256'] }, 'algorithms', ['"HS256"', 'hmac_secret']],
    [{ jwks_uri: 'http://id.example/jwks' }, 'jwks_uri', ['https']],
    [{ jwks_uri: 'https://u:p@id.example/jwks' }, 'jwks_uri', ['"…@id.example']],
    [{ jwks_uri: 'https://id.example/jwks#x' }, 'jwks_uri', ['fragment']],
    [{ jwks_uri: 'https:/\\id.example/jwks' }, 'jwks_uri', ['https']],
    [
      { jwks_uri: 'https://id.example/.well-known/openid-configuration' },
      'jwks_uri',
      ['the address of metadata', 'without jwks_uri'],
    ],
    [
      {
        jwks_uri: 'https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com',
      },
      'jwks_uri',
      [
        'certificates',
        '"https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"',
      ],
    ],
    [
      { jwks_uri: 'https://www.googleapis.com/oauth2/v1/certs' },
      'jwks_uri',
      ['did you mean "https://www.googleapis.com/oauth2/v3/certs"?'],
    ],
    [{ jwks_uri: 'https://{domain}/jwks' }, 'jwks_uri', ['https']],
    [{ jwks_uri: 'https://id.example/{realm}/jwks' }, 'jwks_uri', ['https']],
    [{ jwks_uri: 'https://id.exam\tple/jwks' }, 'jwks_uri', ['https']],
    [{ jwks_uri: 'file:///etc/passwd' }, 'jwks_uri', ['https']],
    [{ jwks_uri: 'http://localhost.evil.example/jwks' }, 'jwks_uri', ['https']],
    [{ jwks_uri: 'https://id.example/jwks', discovery: 'oauth' }, 'discovery', ['no effect beside jwks_uri']],
    [{ discovery: 'openId' }, 'discovery', ['did you mean "openid"?']],
    [{ profile: 'rfc9068', types: ['JWT'] }, 'types', ['"JWT"', 'at+jwt']],
    [{ profile: 'rfc9068', type_required: false }, 'type_required', ['true']],
    [{ types: ['a b'] }, 'types[0]', ['"a b"']],
    [{ clock_tolerance: '10m' }, 'clock_tolerance', ['"10m"', '"5m"']],
    [{ clock_tolerance: 30 }, 'clock_tolerance', ['30', 'a duration', 'with its unit: "30s"']],
    [{ clock_tolerance: '30' }, 'clock_tolerance', ['with its unit: "30s"']],
    [{ clock_tolerance: '30 seconds' }, 'clock_tolerance', ['did you mean "30s"?']],
    [{ clock_tolerance: '0.5min' }, 'clock_tolerance', ['did you mean "30s"?']],
    [{ leeway: '30s' }, 'leeway', ['did you mean "clock_tolerance"?']],
    [{ secret: 'S' }, 'secret', ['did you mean "hmac_secret"?']],
    [{ max_token_age: '0s' }, 'max_token_age', ['"1s"']],
    [{ required_claims: 'sub' }, 'required_claims', ['did you mean ["sub"]?']],
    [{ required_claims: ['$.sub'] }, 'required_claims[0]', ['no claim below another']],
    [{ audience_claim: '/org/aud' }, 'audience_claim', ['no claim below another']],
    [{ jti_claim: "$['jti']" }, 'jti_claim', ['no claim below another']],
    [{ tenant_claim: '/a~' }, 'tenant_claim', ['JSON Pointer']],
    [{ tenant_claim: '$.org.id' }, 'tenant_claim', ['did you mean "/org/id"?']],
    [{ type_required: 'yes' }, 'type_required', ['true or false']],
    [{ numeric_subject: 'yes' }, 'numeric_subject', ['true or false']],
    [{ allowed_thumbprints: ['abc'] }, 'allowed_thumbprints[0]', ['RFC 7638']],
    [{ allowed_kids: ['a', 'b'], blocked_kids: ['b'] }, 'allowed_kids', ['"b"', 'blocked_kids']],
    [{ jwks_cache: { max_age: '2h' } }, 'jwks_cache', ['max_age 2h', 'max_fresh 1h']],
    [{ jwks_cache: { max_keys: 0 } }, 'jwks_cache.max_keys', ['1 to 200']],
    [{ jwks_cache: { maxAge: '5m' } }, 'jwks_cache.maxAge', ['did you mean "max_age"?']],
    [{ jwks_cache: 5 }, 'jwks_cache', ['a table']],
    [{ audiance: 'x', audience: undefined }, 'audiance', ['did you mean "audience"?']],
    [{ aud: 'x' }, 'aud', ['did you mean "audience"?']],
    [{ jwksUri: 'https://x.example' }, 'jwksUri', ['did you mean "jwks_uri"?']],
    [{ 'colour of\nthe day': 1 }, '"colour of\\nthe day"', ['an unknown key']],
  ])('%j', (issuer, key, words) => expectOne(envWith(issuer), `ISSUERS.acme.${key}`, ...words));
});

describe('keys in the configuration', () => {
  const keys = (...list: unknown[]) => envWith({ jwks: { keys: list } });
  const at = (rest: string) => `ISSUERS.acme.jwks${rest}`;

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])(
    'refuses a key with the member %s and never repeats it',
    (member) => {
      const env = keys({ kty: 'RSA', n: 'AQAB', e: 'AQAB' }, { kty: 'RSA', [member]: 'TOP-SECRET' });
      expectOne(env, at('.keys[1]'), 'PRIVATE', `(${member})`, 'leaked');
      expect(JSON.stringify(problemsOf(env))).not.toContain('TOP-SECRET');
    },
  );

  it.each([null, '', []])('takes a public key whose secret members are %j: they hold nothing', (empty) => {
    const env = keys({ kty: 'RSA', n: 'AQAB', e: 'AQAB', d: empty, oth: empty });
    expect(problemsOf(env)).toEqual([]);
  });
  it('refuses a symmetric key without its value', () =>
    expectOne(keys({ kty: 'oct' }), at('.keys[0]'), 'oct'));
  it('refuses an empty set', () => expectOne(keys(), at('.keys'), 'an empty list'));
  it('refuses what is no key', () =>
    expectOne(keys('TOP-SECRET'), at('.keys[0]'), 'a string of 10 characters'));
  it('refuses a key without kty', () => expectOne(keys({ n: 'x' }), at('.keys[0]'), 'kty'));
  it('refuses too many keys', () =>
    expectOne(keys(...Array(51).fill({ kty: 'EC' })), at('.keys'), 'a list of 51'));
  it('refuses a list', () => expectOne(envWith({ jwks: [{ kty: 'EC' }] }), at(''), 'a JWK Set'));
  it('refuses other members', () =>
    expectOne(
      envWith({ jwks: { keys: [{ kty: 'EC' }], key: 'TOP-SECRET' } }),
      at('.key'),
      'did you mean "keys"?',
    ));
  it('refuses bounds of a cache that is not there', () =>
    expectOne(
      envWith({ jwks: { keys: [{ kty: 'EC' }] }, jwks_cache: {} }),
      'ISSUERS.acme.jwks_cache',
      'jwks',
    ));
  it('refuses two sources', () =>
    expectOne(
      envWith({ jwks: { keys: [{ kty: 'EC' }] }, jwks_uri: 'https://id.example/jwks' }),
      'ISSUERS.acme',
      'jwks_uri and jwks',
    ));
});

describe('an HMAC secret', () => {
  const SECRET = 'hunter2-hunter2-hunter2-hunter2';
  it.each<[string, Table, Table, string, string]>([
    ['missing', {}, {}, 'hmac_secret', 'no secret of this name'],
    ['no string', {}, { S: { a: 1 } }, 'hmac_secret', 'no secret of this name'],
    ['inherited', { hmac_secret: 'toString' }, {}, 'hmac_secret', 'no secret of this name'],
    ['31 bytes for HS256', {}, { S: SECRET }, 'hmac_secret', 'a secret of 31 bytes'],
    [
      '47 bytes for HS384',
      { algorithms: ['HS256', 'HS384'] },
      { S: 'x'.repeat(47) },
      'hmac_secret',
      '48 bytes',
    ],
    ['63 bytes for HS512', { algorithms: ['HS512'] }, { S: 'x'.repeat(63) }, 'hmac_secret', '64 bytes'],
    ['the secret itself', { hmac_secret: `${SECRET}!` }, {}, 'hmac_secret', 'the name of a secret binding'],
    [
      'asymmetric beside it',
      { algorithms: ['HS256', 'RS256'] },
      { S: 'x'.repeat(32) },
      'algorithms',
      '"RS256"',
    ],
    ['pins beside it', { blocked_kids: ['x'] }, { S: 'x'.repeat(32) }, 'blocked_kids', 'no effect'],
  ])('%s', (_, issuer, rest, key, words) => {
    const env = envWith({ hmac_secret: 'S', ...issuer }, {}, rest);
    expectOne(env, `ISSUERS.acme.${key}`, words);
    expect(JSON.stringify(problemsOf(env))).not.toContain(SECRET);
  });
});

describe('a secret where its name belongs', () => {
  it.each([
    'a3f91c0e7b2d4856a3f91c0e7b2d4856',
    'sk_live_51H8xYzAbC7dEf9GhI2jKl3M',
    'JBSWY3DPEHPK3PXPJBSWY3DP',
    'correcthorsebatterystaplecorrect',
    'XkQ9zR2vT7wB4nM8cL5j_pH3gF6d',
    'c2VjcmV0LXNlY3JldC1zZWNyZXQ=',
  ])('%s is refused and not repeated', (secret) => {
    const problems = problemsOf(envWith({ hmac_secret: secret }));
    expect(problems.map(({ path }) => path)).toEqual(['ISSUERS.acme.hmac_secret']);
    // With a character that no name has, it is refused as it is read.
    const found = /\W/.test(secret) ? 'a string of 28 characters' : 'what looks like a secret itself';
    expect(problems[0]?.found).toBe(found);
    expect(JSON.stringify(problems)).not.toContain(secret.slice(0, 12));
  });

  it('is not repeated where a service binding is to be named', () => {
    const secret = 'XkQ9zR2vT7wB4nM8cL5j_pH3gF6d';
    const problems = problemsOf(envWith({}, { origin: `service:${secret}` }));
    expect(problems.map(({ found }) => found)).toEqual(['what looks like a secret itself']);
    expect(JSON.stringify(problems)).not.toContain(secret.slice(0, 12));
  });

  it.each(['ACME_SECRET', 'acme_hmac', 'batchHmacSecret', 'HS256_KEY_2', 'KEY2024', '_x'])(
    '%s is a name',
    (name) => {
      expectOne(envWith({ hmac_secret: name }), 'ISSUERS.acme.hmac_secret', 'no secret of this name');
      expect(problemsOf(envWith({ hmac_secret: name }, {}, { [name]: 'x'.repeat(32) }))).toEqual([]);
    },
  );

  it('is a name where a secret is bound to it, whatever it looks like', () => {
    const name = 'a3f91c0e7b2d4856a3f91c0e7b2d4856';
    expect(problemsOf(envWith({ hmac_secret: name }, {}, { [name]: 'x'.repeat(32) }))).toEqual([]);
  });
});

describe('a route', () => {
  it.each<[Table, string, string[]]>([
    ...[
      'orders',
      '',
      '//',
      '/a//b',
      '/../a',
      '/a/..',
      '/a/./b',
      '/a;b',
      '/a\\b',
      '/a%2fb',
      '/a%2e',
      '/a%41',
      '/a%c3%a9',
      '/a?b',
      '/a#b',
      '/a*',
      '/*/a',
      '*',
      '/a/**',
      '/a b',
      '/caf\u00e9',
      '/a%',
      '/a/*/',
      '/a%00',
    ].map((path): [Table, string, string[]] => [
      { path },
      'path',
      [JSON.stringify(path).replace(/\?.*/, '')],
    ]),
    [{ path: '/users/{id}' }, 'path', ['for a parameter', 'did you mean "/users/:id"?']],
    [{ path: '/users/{id}/orders/*' }, 'path', ['for a parameter', 'did you mean "/users/:id/orders/*"?']],
    [{ path: '/users/<int:id>' }, 'path', ['for a parameter', 'did you mean "/users/:id"?']],
    [{ path: '/users/{id=**}/x' }, 'path', ['for a parameter']],
    [{ path: '/users/id-{id}' }, 'path', ['for a parameter']],
    [{ path: '/users/:' }, 'path', ['for a parameter']],
    [{ path: '/users/:7' }, 'path', ['for a parameter']],
    [{ path: '/users/:user-id' }, 'path', ['for a parameter']],
    [{ path: '/users/%3Aid' }, 'path', ['for a parameter']],
    [{ path: '/:a/:a' }, 'path', ['each name once']],
    [{ path: '/:a/:b/:c/:d/:e/:f/:g/:h/:i' }, 'path', ['8 at most']],
    [{ path: '/a%23/:id' }, 'path', ['%23']],
    [{ path: undefined }, 'path', ['nothing']],
    [{ path: 'orders/*' }, 'path', ['did you mean "/orders/*"?']],
    [{ path: '/orders*' }, 'path', ['did you mean "/orders/*"?']],
    [{ path: '/.portcullis/*' }, 'path', ['answers itself']],
    [{ path: '/.portcullis/health' }, 'path', ['answers itself']],
    [{ path: '/caf\u00e9/*' }, 'path', ['did you mean "/caf%C3%A9/*"?']],
    [{ path: '*' }, 'path', ['did you mean "/*"?']],
    [{ path: '/a/**' }, 'path', ['did you mean "/a/*"?']],
    [{ path: '/a/*/b' }, 'path', ['a parameter']],
    ...['^/a/.*$', '/a/(.*)', '~/a/\\d+', '/a/[0-9]+'].map((path): [Table, string, string[]] => [
      { path },
      'path',
      ['no regular expression'],
    ]),
    [{ path: 'https://a.example/b/*' }, 'path', ['path = "/b/*" and host = "a.example"']],
    [{ path: 'a.example/b' }, 'path', ['path = "/b" and host = "a.example"']],
    [{ path: '/a%c3%a9' }, 'path', ['did you mean "/a%C3%A9"?']],
    [{ path: '/\ud800' }, 'path', ['needless escape']],
    [{ methods: ['get'] }, 'methods[0]', ['did you mean "GET"?']],
    [{ methods: ['CONNECT'] }, 'methods[0]', ['"CONNECT"']],
    [{ methods: 'GET' }, 'methods', ['did you mean ["GET"]?']],
    [{ methods: [] }, 'methods', ['every method']],
    ...[
      'API.example.com',
      'api.example.com:443',
      'api.example.com.',
      '*',
      '*.',
      'a.*.example',
      'https://a.example',
      'a..b',
      '0x7f.1',
      'a/b',
      'caf\u00e9.example',
      '*.10.0.0.1',
      'user@a.example',
      '[::1',
      '',
    ].map((host): [Table, string, string[]] => [{ host }, 'host', ['lower case, no port']]),
    ...(
      [
        ['API.example.com', 'api.example.com'],
        ['api.example.com:443', 'api.example.com'],
        ['api.example.com.', 'api.example.com'],
        ['https://a.example/x', 'a.example'],
        ['.a.example', '*.a.example'],
        ['caf\u00e9.example', 'xn--caf-dma.example'],
        ['2001:db8::1', '[2001:db8::1]'],
      ] as const
    ).map(([host, meant]): [Table, string, string[]] => [{ host }, 'host', [`| did you mean "${meant}"?`]]),
    [{ host: '*' }, 'host', ['left out']],
    [{ origin: undefined }, 'origin', ['nothing']],
    ...[
      'http://orders.example',
      'https://u:p@orders.example',
      'https://orders.example#x',
      'https:orders.example',
      'orders.example',
      'ftp://a.example',
      'https://',
      'https://a.example\\b',
      'service:',
      'service:a b',
      'http://127.0.0.1.evil.example',
    ].map((origin): [Table, string, string[]] => [{ origin }, 'origin', ['"service:BINDING"']]),
    [{ origin: 'https://orders.example?token=TOP-SECRET' }, 'origin', ['?…']],
    [{ origin: 'https://u:TOP-SECRET/x@orders.example' }, 'origin', ['…@orders.example']],
    [{ origin: 'u:TOP-SECRET@orders.example' }, 'origin', ['…@orders.example']],
    [{ origin: 'orders.example' }, 'origin', ['did you mean "https://orders.example"?']],
    [{ origin: 'orders:8080' }, 'origin', ['did you mean "https://orders:8080"?']],
    [{ origin: 'wss://orders.example' }, 'origin', ['did you mean "https://orders.example"?']],
    [{ origin: 'orders' }, 'origin', ['"service:orders"']],
    [{ origin: `\${ORIGIN}` }, 'origin', ['nothing is filled in']],
    [{ origin: 'https://{tenant}.example' }, 'origin', ['"service:BINDING"']],
    [{ origin: undefined, upstream: 'https://a.example' }, 'upstream', ['did you mean "origin"?']],
    [{ origin: 'service:ORDRES' }, 'origin', ['did you mean "ORDERS"?']],
    [{ origin: 'service:ISSUERS' }, 'origin', ['a service binding']],
    [{ origin: 'service:toString' }, 'origin', ['a service binding']],
    [{ authentication: 'maybe' }, 'authentication', ['"required", "optional", "none"']],
    [{ authentication: true }, 'authentication', ['true']],
    [{ issuers: ['acne'] }, 'issuers[0]', ['did you mean "acme"?']],
    [{ issuers: [] }, 'issuers', ['an empty list']],
    [{ scope: 'orders:read' }, 'scope', ['did you mean ["orders:read"]?']],
    [{ scope: 'a, b c' }, 'scope', ['did you mean ["a", "b", "c"]?']],
    [{ scope: ['a b'] }, 'scope[0]', ['without spaces']],
    [{ public: true }, 'public', ['did you mean "authentication"?']],
    [{ scope: ['a"'] }, 'scope[0]', ['one scope']],
    [{ scope_match: 'any' }, 'scope_match', ['without scope']],
    [{ claims: [{ claim: 'a' }] }, 'claims[0]', ['no test']],
    [{ claims: [{ claim: 'a', equals: 1, contains: 2 }] }, 'claims[0]', ['equals and contains']],
    [{ claims: [{ equals: 1 }] }, 'claims[0].claim', ['nothing']],
    [{ claims: [{ claim: 'a', one_of: [] }] }, 'claims[0].one_of', ['an empty list']],
    [{ claims: [{ claim: 'a', equals: null }] }, 'claims[0].equals', ['null']],
    [{ claims: [{ claim: 'a', equal: 1 }] }, 'claims[0].equal', ['did you mean "equals"?']],
    [{ claims: { claim: 'a', equals: 1 } }, 'claims', ['a list of requirements']],
    [
      { claims: [{ claim: 'roles', contains: ['a', 'b'] }] },
      'claims[0].contains',
      ['one element', 'for several'],
    ],
    [{ claims: [{ claim: 'a', contains: null }] }, 'claims[0].contains', ['one element']],
    [
      { claims: [{ claim: '$.realm_access.roles', contains: 'a' }] },
      'claims[0].claim',
      ['"/realm_access/roles"'],
    ],
    [{ claims: [{ claim: "$['https://a/b'].c", equals: 1 }] }, 'claims[0].claim', ['"/https:~1~1a~1b/c"']],
    [{ claims: [{ claim: 'roles[*]', contains: 'a' }] }, 'claims[0].claim', ['did you mean "/roles"?']],
    [{ claims: [{ claim: 'roles[0]', equals: 'a' }] }, 'claims[0].claim', ['did you mean "/roles/0"?']],
    [{ headers: { 'X-A': '$.a' } }, 'headers.X-A', ['did you mean "/a"?']],
    [{ claims: [{ claim: 'a', equals: 2 ** 53 }] }, 'claims[0].equals', ['9007199254740991']],
    [{ claims: [{ claim: 'a', equals: -(2 ** 53) }] }, 'claims[0].equals', ['9007199254740991']],
    [{ claims: [{ claim: 'a', equals: 1e300 }] }, 'claims[0].equals', ['9007199254740991']],
    [{ claims: [{ claim: 'a', equals: { b: [1, 2 ** 60] } }] }, 'claims[0].equals', ['9007199254740991']],
    [{ claims: [{ claim: 'a', one_of: [1, 2 ** 53] }] }, 'claims[0].one_of[1]', ['9007199254740991']],
    [{ claims: [{ claim: 'a', contains: 2 ** 53 }] }, 'claims[0].contains', ['9007199254740991']],
    [{ headers: { 'X-A': '' } }, 'headers.X-A', ['JSON Pointer']],
    [{ headers: { 'X-A': 5 } }, 'headers.X-A', ['5']],
    [{ headers: { 'X-A': {} } }, 'headers.X-A.claim', ['nothing']],
    [{ headers: { 'X-A': { claim: 'a', type: 'text' } } }, 'headers.X-A.type', ['"string"']],
    [{ headers: { 'X A': 'a' } }, 'headers."X A"', ['RFC 9110 §5.6.2']],
    [{ headers: { 'X-A\r\nX-B': 'a' } }, 'headers."X-A\\r\\nX-B"', ['RFC 9110 §5.6.2']],
    [{ headers: { 'X-User': 'a', x_user: 'b' } }, 'headers.x_user', ['"X-User", "x_user"']],
    [{ headers: { Content_Length: 'a' } }, 'headers.Content_Length', ['standard meaning']],
    [{ headers: { 'X-Forwarded-For': 'a' } }, 'headers.X-Forwarded-For', ['gateway']],
    [{ headers: ['X-A'] }, 'headers', ['a table of header name']],
    [{ revocation: { mode: 'cache' } }, 'revocation.mode', ['did you mean "cached"?']],
    [{ revocation: { mode: 'cache', max_staleness: '5s' } }, 'revocation.mode', ['"strict"']],
    [{ revocation: 'off' }, 'revocation', ['a table']],
    [{ revocation: { max_staleness: '5s' } }, 'revocation.max_staleness', ['no effect']],
    [{ revocation: { mode: 'off', timeout: '1s' } }, 'revocation.timeout', ['no effect']],
    [{ revocation: { mode: 'cached', max_staleness: '0s' } }, 'revocation.max_staleness', ['"1s"']],
    [{ timeout: '30 s' }, 'timeout', ['"30 s"']],
    [{ forward_token: 1 }, 'forward_token', ['true or false']],
    [{ keep_headers: [] }, 'keep_headers', ['a list of header names']],
    [{ keep_headers: ['X-Forwarded-For'] }, 'keep_headers[0]', ['"X-Forwarded-For"', 'another proxy']],
    [{ keep_headers: ['X-Goog-IAP-JWT-Assertion', 'X-A'] }, 'keep_headers[1]', ['"X-A"', 'another proxy']],
    [{ keep_headers: ['Remote_User'] }, 'keep_headers[0]', ['"Remote_User"', 'another proxy']],
    [{ keep_headers: ['Connection'] }, 'keep_headers[0]', ['another proxy']],
    [{ keep_headers: ['Remote-User\r\nX-A'] }, 'keep_headers[0]', ['another proxy']],
    [
      { keep_headers: ['Remote-User'], headers: { remote_user: 'sub' } },
      'keep_headers[0]',
      ['no route maps'],
    ],
    [{ preflight: 'allow' }, 'preflight', ['"reject", "origin"']],
    [{ upstream: 'https://a.example' }, 'upstream', ['an unknown key', 'origin']],
    [{ authentication: 'none', scope: ['a'] }, 'scope', ['nobody is known']],
    [{ authentication: 'none', issuers: ['acme'] }, 'issuers', ['nobody is known']],
    [{ authentication: 'none', claims: [{ claim: 'a', equals: 1 }] }, 'claims', ['nobody is known']],
    [{ authentication: 'none', headers: { 'X-A': 'a' } }, 'headers', ['nobody is known']],
    [{ authentication: 'none', revocation: { mode: 'strict' } }, 'revocation.mode', ['"off"']],
  ])('%j', (route, key, words) => {
    const env = envWith({}, route);
    expectOne(env, `ROUTES.orders.${key}`, ...words);
    expect(JSON.stringify(problemsOf(env))).not.toContain('TOP-SECRET');
  });
});

it.each([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0.5, -1.25e-3, { a: [1, 'x', null] }])(
  'equals = %j is compared exactly',
  (equals) => expect(problemsOf(envWith({}, { claims: [{ claim: 'a', equals }] }))).toEqual([]),
);

describe('the whole', () => {
  it('needs a route', () => {
    expectOne({ ...envWith(), ROUTES: undefined, ISSUERS: undefined }, 'ROUTES', 'no route');
    expectOne({}, 'ROUTES', 'no route');
  });

  it('needs an issuer where a route requires authentication', () =>
    expectOne({ ...envWith(), ISSUERS: {} }, 'ISSUERS', '"orders"'));

  it('needs a revocation store where a route asks one', () => {
    expectOne(envWith({}, {}, { REVOCATIONS: undefined }), 'REVOCATIONS', 'UPSTASH_REDIS_REST_URL');
    expectOne(envWith({}, {}, { REVOCATIONS: 'x' }), 'REVOCATIONS');
  });

  it('needs the token beside the URL of Redis, and a URL that is one', () => {
    expectOne(envWith({}, {}, { UPSTASH_REDIS_REST_URL: 'https://r.example' }), 'UPSTASH_REDIS_REST_TOKEN');
    expectOne(envWith({}, {}, { UPSTASH_REDIS_REST_TOKEN: 't' }), 'UPSTASH_REDIS_REST_URL', 'nothing');
    const blank = { UPSTASH_REDIS_REST_URL: 'https://r.example', UPSTASH_REDIS_REST_TOKEN: ' ' };
    expectOne(envWith({}, {}, blank), 'UPSTASH_REDIS_REST_TOKEN', 'none');
    expectOne(
      envWith({}, {}, { ...blank, UPSTASH_REDIS_REST_TOKEN: 't\n' }),
      'UPSTASH_REDIS_REST_TOKEN',
      'none',
    );
    const plain = { UPSTASH_REDIS_REST_URL: 'http://TOP-SECRET.example', UPSTASH_REDIS_REST_TOKEN: 't' };
    expectOne(envWith({}, {}, plain), 'UPSTASH_REDIS_REST_URL', 'https');
    expect(JSON.stringify(problemsOf(envWith({}, {}, plain)))).not.toContain('TOP-SECRET');
  });

  it('refuses routes that tie', () => {
    const ROUTES_B = { copy: { ...ROUTE, path: '/orders/*', methods: ['GET'] } };
    expectOne(envWith({}, { methods: ['GET', 'PUT'] }, { ROUTES_B }), 'ROUTES_B.copy', 'ROUTES.orders');
  });

  it('refuses a name twice', () => {
    expectOne(
      envWith({}, {}, { ROUTES_B: { orders: { ...ROUTE, path: '/b' } } }),
      'ROUTES_B.orders',
      'ROUTES.orders',
    );
    expectOne(envWith({}, {}, { ISSUERS_B: { acme: ISSUER } }), 'ISSUERS_B.acme', 'ISSUERS.acme');
  });

  it('refuses a name that an endpoint of the gateway itself goes by', () =>
    expectOne(
      { ...envWith(), ROUTES: { 'portcullis-status': ROUTE } },
      'ROUTES.portcullis-status',
      'does not begin with "portcullis-"',
    ));

  it.each(['', 'Orders', 'a.b', 'a b', 'a'.repeat(65), '\u00e9'])('refuses the table name %j', (name) => {
    const [problem, ...more] = problemsOf(
      envWith({}, {}, { ROUTES_B: { [name]: { ...ROUTE, path: '/b' } } }),
    );
    expect(problem?.allowed).toContain('a-z');
    expect(more).toEqual([]);
  });

  it('refuses two tables of one iss on one route that nothing tells apart, and takes them on two', () => {
    const ISSUERS = { a: { ...ISSUER, audience: 'a' }, b: { ...ISSUER, audience: ['b', 'a'] } };
    expectOne(envWith({}, {}, { ISSUERS }), 'ROUTES.orders.issuers', '"a", "b"');
    const ROUTES = {
      a: { ...ROUTE, path: '/a', issuers: ['a'] },
      b: { ...ROUTE, path: '/b', issuers: ['b'] },
    };
    expect(problemsOf(envWith({}, {}, { ISSUERS, ROUTES }))).toEqual([]);
  });

  it.each([
    ['ROUTE', 'ROUTES'],
    ['ISSUER', 'ISSUERS'],
    ['routes', 'ROUTES'],
    ['ROUTES-EU', 'ROUTES_EU'],
    ['ISUERS_EU', 'ISSUERS_EU'],
    ['GATEWAYS', 'GATEWAY'],
    ['GATEWAY_X', 'GATEWAY'],
  ])('a table named %s was meant as %s', (variable, meant) =>
    expectOne(envWith({}, {}, { [variable]: {} }), variable, `did you mean "${meant}"?`),
  );

  it('refuses text where a table is due, without repeating it', () => {
    const env = envWith({}, {}, { ISSUERS_EU: '{"a":"TOP-SECRET"}' });
    expectOne(env, 'ISSUERS_EU', 'the type JSON');
    expect(JSON.stringify(problemsOf(env))).not.toContain('TOP-SECRET');
  });

  it.each<[string, unknown]>([
    ['ISSUERS_B', []],
    ['ROUTES_B', null],
    ['ROUTES_B', 5],
    ['GATEWAY', true],
  ])('refuses %s = %j', (variable, value) =>
    expectOne(envWith({}, {}, { [variable]: value }), variable, 'a table'),
  );

  it.each<[Table, string]>([
    [{ max_token_bytes: 1.5 }, 'max_token_bytes'],
    [{ max_token_bytes: 100 }, 'max_token_bytes'],
    [{ token_cache: { entries: -1 } }, 'token_cache.entries'],
    [{ token_cache: 5_000 }, 'token_cache'],
    [{ status: { issuer: 'acne', scope: ['a'] } }, 'status.issuer'],
    [{ status: { issuer: 'acme' } }, 'status.scope'],
    [{ status: { scope: ['a'] } }, 'status.issuer'],
    [{ explain: { issuer: 'acne', scope: ['a'] } }, 'explain.issuer'],
    [{ explain: { issuer: 'acme' } }, 'explain.scope'],
    [{ explain: { scope: ['a'] } }, 'explain.issuer'],
    [{ server_timing: { issuer: 'acne', scope: ['a'] } }, 'server_timing.issuer'],
    [{ server_timing: { issuer: 'acme' } }, 'server_timing.scope'],
    [{ server_timing: { scope: ['a'] } }, 'server_timing.issuer'],
    [{ stat: {} }, 'stat'],
  ])('GATEWAY = %j', (GATEWAY, key) => expectOne(envWith({}, {}, { GATEWAY }), `GATEWAY.${key}`));

  it('Server-Timing for tokens that no route takes', () => {
    const server_timing = { issuer: 'other', scope: ['a'] };
    const other = { issuer: 'https://other.example', audience: 'x' };
    const env = (issuers: readonly string[]) => ({
      ISSUERS: { acme: { issuer: 'https://id.example', audience: 'x' }, other },
      ROUTES: { o: { path: '/o', origin: 'https://o.example', issuers, revocation: { mode: 'off' } } },
      GATEWAY: { server_timing },
    });
    expectOne(env(['acme']), 'GATEWAY.server_timing.issuer');
    expect(told(env(['acme', 'other']))).toEqual([]);
  });

  it('tells every mistake at once', () => {
    const env = {
      ISSUERS: { acme: { issuer: 5, audiance: 'x' }, other: 'x' },
      ROUTES: {
        orders: {
          path: '/a*',
          revocation: { mode: 'cache' },
          issuers: ['acme', 'nobody'],
          headers: { 'X-A': 1, X_A: 'a', 'cf-ray': 'x' },
        },
        next: { ...ROUTE, scope_match: 'any', claims: [{ claim: '/~' }] },
      },
    };
    expect(
      told(env)
        .map(([path]) => path)
        .sort(),
    ).toEqual([
      'ISSUERS.acme.audiance',
      'ISSUERS.acme.issuer',
      'ISSUERS.other',
      'REVOCATIONS',
      'ROUTES.next.claims[0]',
      'ROUTES.next.claims[0].claim',
      'ROUTES.next.scope_match',
      'ROUTES.orders.headers.X-A',
      'ROUTES.orders.headers.X_A',
      'ROUTES.orders.headers.cf-ray',
      'ROUTES.orders.issuers[1]',
      'ROUTES.orders.origin',
      'ROUTES.orders.path',
      'ROUTES.orders.revocation.mode',
    ]);
  });
});
