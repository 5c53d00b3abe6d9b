import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Asking, askingOf, type Lines, line } from '../fixtures/asking.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, type ReceivedRequest, startOrigin, webSocketEcho } from '../fixtures/origin.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

const COOKIE = '__Host-access';
const KUBERNETES = 'base64url.bearer.authorization.k8s.io.';

let issuer: Issuer;
let origin: Origin;
let gateway: Gateway;
let token: string;
let client: Asking;

beforeAll(async () => {
  [issuer, origin] = await Promise.all([startIssuer(), startOrigin()]);
  const guarded = {
    origin: origin.url,
    headers: { 'X-User-Id': 'sub' },
    revocation: { mode: 'off' },
  };
  const ROUTES = {
    access: { ...guarded, path: '/access/*', token_sources: [{ header: 'Cf-Access-Jwt-Assertion' }] },
    custom: { ...guarded, path: '/custom/*', token_sources: [{ header: 'X-Token', scheme: 'Token' }] },
    alb: { ...guarded, path: '/alb/*', token_sources: [{ header: 'X-Amzn-Oidc-Data', padded: true }] },
    bearer: { ...guarded, path: '/bearer/*' },
    cookie: {
      ...guarded,
      path: '/cookie/*',
      token_sources: [{ cookie: COOKIE, allowed_origins: ['https://app.test'] }],
    },
    query: { ...guarded, path: '/query/*', token_sources: [{ query: 'access_token' }] },
    socket: { ...guarded, path: '/socket/*', token_sources: [{ websocket_protocol: 'bearer' }] },
    pods: { ...guarded, path: '/pods/*', token_sources: [{ websocket_protocol: KUBERNETES }] },
    kept: {
      ...guarded,
      path: '/kept/*',
      token_sources: [{ header: 'Cf-Access-Jwt-Assertion' }],
      keep_headers: ['Cf-Access-Jwt-Assertion'],
    },
  };
  gateway = await startGateway({ vars: { ISSUERS: { main: issuerTable(issuer) }, ROUTES } });
  token = await issuer.sign();
  client = askingOf(gateway, origin);
});

afterAll(() => Promise.all([gateway?.stop(), origin?.stop(), issuer?.stop()]));

const HANDSHAKE: Lines = [
  ['Connection', 'Upgrade'],
  ['Upgrade', 'websocket'],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
];

/** What a test asks with; set up before the first. */
const ask: Asking['ask'] = (...request) => client.ask(...request);
const refused: Asking['refused'] = (answer) => client.refused(answer);
const passes = (answer: Parameters<Asking['passes']>[0]) => client.passes(answer, 'user-1');

const cookie = (value: string) => line('Cookie', value);

/** No part of the token is anywhere in what the origin got. */
const expectNoToken = (request: ReceivedRequest, which = token) => {
  expect(JSON.stringify([request.target, request.headers])).not.toContain(which.slice(0, 60));
  expect(JSON.stringify([request.target, request.headers])).not.toContain(which.slice(-20));
};

describe('a header', () => {
  it.each<[string, (text: string) => Lines]>([
    ['/access/1', (text) => [line('Cf-Access-Jwt-Assertion', text)]],
    ['/access/1', (text) => [line('cf-access-jwt-assertion', `  ${text}  `)]],
    ['/custom/1', (text) => [line('X-Token', `Token ${text}`)]],
    ['/custom/1', (text) => [line('x-token', `tOKEN   ${text}`)]],
  ])('%s takes the token of %s and keeps it from the origin', async (target, headers) => {
    expectNoToken(await passes(ask('GET', target, headers(token))));
  });

  it('goes in every spelling that an origin may read as the same name', async () => {
    const spellings = ['X_Token', 'x.token', 'X-Token'];
    const request = await passes(
      ask(
        'GET',
        '/custom/1',
        spellings.map((name) => line(name, `Token ${token}`)),
      ),
    );
    expectNoToken(request);
    expect(request.headers.filter(([name]) => /token/i.test(name))).toEqual([]);
  });

  it.each<[string, Lines, number, string]>([
    ['/access/1', [], 401, 'credentials_missing'],
    ['/access/1', [line('Cf-Access-Jwt-Assertion', '')], 401, 'credentials_missing'],
    ['/access/1', [line('Cf-Access-Jwt-Assertion', 'Bearer a.b.c')], 400, 'credentials_malformed'],
    ['/access/1', [line('Cf-Access-Jwt-Assertion', '"a.b.c"')], 400, 'credentials_malformed'],
    ['/access/1', [line('Cf-Access-Jwt-Assertion', 'a.b.c\x80')], 400, 'credentials_malformed'],
    ['/access/1', [line('Cf_Access_Jwt_Assertion', 'a.b.c')], 401, 'credentials_missing'],
    [
      '/access/1',
      [line('Cf-Access-Jwt-Assertion', 'a'), line('Cf-Access-Jwt-Assertion', 'b')],
      400,
      'credentials_multiple',
    ],
    ['/access/1', [line('Cf-Access-Jwt-Assertion', 'x'.repeat(9_000))], 400, 'token_too_large'],
    ['/access/1', [line('Authorization', 'Bearer a.b.c')], 401, 'credentials_missing'],
    ['/access/1?access_token=x', [line('Cf-Access-Jwt-Assertion', 'a.b.c')], 400, 'credentials_multiple'],
    ['/custom/1', [line('X-Token', 'a.b.c')], 401, 'credentials_missing'],
    ['/custom/1', [line('X-Token', 'Tokens a.b.c')], 401, 'credentials_missing'],
    ['/custom/1', [line('X-Token', 'Token')], 400, 'credentials_malformed'],
    ['/custom/1', [line('X-Token', 'Token a b')], 400, 'credentials_malformed'],
    ['/custom/1', [line('X-Token', 'Token a, Token b')], 400, 'credentials_multiple'],
  ])('%s refuses %j: %i %s', async (target, headers, status, reason) => {
    const answer = await ask('GET', target, headers);
    expect([answer.response.status, await refused(answer)]).toEqual([status, reason]);
  });

  it('that the route keeps reaches the origin as it came', async () => {
    const request = await passes(ask('GET', '/kept/1', [line('Cf-Access-Jwt-Assertion', token)]));
    expect(request.values('cf-access-jwt-assertion')).toEqual([token]);
  });
});

describe('a padded token', () => {
  /** As Amazon's load balancer makes one: signed over text with padding. */
  async function padded(): Promise<string> {
    const [key] = issuer.keys;
    if (key === undefined) throw new Error('no key');
    // Two octets short of a multiple of three, so that each part ends with "==".
    const short = (text: string) => text.padEnd(Math.ceil((text.length + 2) / 3) * 3 - 2);
    const base64 = (bytes: string | Buffer) =>
      Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
    const header = short(JSON.stringify({ alg: key.alg, kid: key.kid, typ: 'JWT' }));
    const payload = short(JSON.stringify(issuer.claims()));
    const input = `${base64(header)}.${base64(payload)}`;
    const signature = await crypto.subtle.sign(
      { name: 'ECDSA', hash: 'SHA-256' },
      key.privateKey,
      new TextEncoder().encode(input),
    );
    return `${input}.${base64(Buffer.from(signature))}`;
  }

  it('is verified over its text as it came, where the source says so, every time anew', async () => {
    const text = await padded();
    expect(text.split('.').filter((part) => part.endsWith('='))).toHaveLength(3);
    for (const _ of [1, 2])
      expectNoToken(await passes(ask('GET', '/alb/1', [line('X-Amzn-Oidc-Data', text)])), text);
    await passes(ask('GET', '/alb/1', [line('X-Amzn-Oidc-Data', token)]));
    const elsewhere = await ask('GET', '/bearer/1', [line('Authorization', `Bearer ${text}`)]);
    expect([elsewhere.response.status, await refused(elsewhere)]).toEqual([400, 'credentials_malformed']);
    const asHeader = await ask('GET', '/access/1', [line('Cf-Access-Jwt-Assertion', text)]);
    expect([asHeader.response.status, await refused(asHeader)]).toEqual([400, 'credentials_malformed']);
  });

  it('is refused without its padding, with too much, and with another signature', async () => {
    const text = await padded();
    const [header = '', payload = '', signature = ''] = text.split('.');
    const flipped = signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    for (const [changed, status, reason] of [
      [text.replaceAll('=', ''), 401, 'signature_invalid'],
      [`${header}.${payload}.${flipped}`, 401, 'signature_invalid'],
      [`${header}.${payload.slice(0, -1)}.${signature}`, 401, 'token_malformed'],
      [`${header}=.${payload}.${signature}`, 400, 'credentials_malformed'],
      [`${header}.${payload}.=${signature}`, 400, 'credentials_malformed'],
    ] as const) {
      const answer = await ask('GET', '/alb/1', [line('X-Amzn-Oidc-Data', changed)]);
      expect([answer.response.status, await refused(answer)]).toEqual([status, reason]);
    }
  });
});

describe('a cookie', () => {
  it.each<[string, (text: string) => string, string | undefined]>([
    ['alone', (text) => `${COOKIE}=${text}`, undefined],
    ['first', (text) => `${COOKIE}=${text}; a=1; b="x y"`, 'a=1; b="x y"'],
    ['last', (text) => `a=1; b="x, y"; ${COOKIE}=${text}`, 'a=1; b="x, y"'],
    ['in the middle', (text) => `a=1;  ${COOKIE}=${text};b=2;; c`, 'a=1;b=2;; c'],
    ['with spaces', (text) => `a=1; ${COOKIE} = ${text} ; b=2`, 'a=1; b=2'],
    [
      'beside names like it',
      (text) => `x${COOKIE}=1; ${COOKIE}=${text}; ${COOKIE}2=3; __host-access=4`,
      `x${COOKIE}=1; ${COOKIE}2=3; __host-access=4`,
    ],
    [
      'beside what holds its name',
      (text) => `a=${COOKIE}; ${COOKIE}=${text}; b=%3B${COOKIE}=x`,
      `a=${COOKIE}; b=%3B${COOKIE}=x`,
    ],
  ])('%s: the origin gets the others byte for byte', async (_name, cookies, rest) => {
    const request = await passes(ask('GET', '/cookie/1', [cookie(cookies(token))]));
    expect(request.values('cookie')).toEqual(rest === undefined ? [] : [rest]);
    expectNoToken(request);
  });

  it('leaves characters beyond ASCII in its neighbours as they are', async () => {
    const request = await passes(ask('GET', '/cookie/1', [cookie(`a=\xc3\xa9; ${COOKIE}=${token}`)]));
    expect(request.values('cookie')).toEqual(['a=\xc3\xa9']);
  });

  it.each<[string, (text: string) => Lines, number, string]>([
    ['none', () => [], 401, 'credentials_missing'],
    ['another name', (text) => [cookie(`access=${text}`)], 401, 'credentials_missing'],
    ['another case', (text) => [cookie(`__host-access=${text}`)], 401, 'credentials_missing'],
    // Browsers see no prefix here, so another site could have set it (U+00A0, U+2000).
    ['a space of Latin-1 before it', (text) => [cookie(`\xa0${COOKIE}=${text}`)], 401, 'credentials_missing'],
    ['U+00A0 before it', (text) => [cookie(`a=1; \xc2\xa0${COOKIE}=${text}`)], 401, 'credentials_missing'],
    ['U+2000 before it', (text) => [cookie(`\xe2\x80\x80${COOKIE}=${text}`)], 401, 'credentials_missing'],
    ['no value', () => [cookie(`${COOKIE}=`)], 401, 'credentials_missing'],
    ['no equals sign', () => [cookie(COOKIE)], 401, 'credentials_missing'],
    ['quotes', (text) => [cookie(`${COOKIE}="${text}"`)], 400, 'credentials_malformed'],
    ['escapes', (text) => [cookie(`${COOKIE}=${text.replaceAll('.', '%2E')}`)], 400, 'credentials_malformed'],
    ['a comma after it', (text) => [cookie(`${COOKIE}=${text}, a=1`)], 400, 'credentials_malformed'],
    ['a comma before it', (text) => [cookie(`a=1,${COOKIE}=${text}`)], 400, 'credentials_malformed'],
    [
      'a line before it',
      (text) => [cookie('a=1'), cookie(`${COOKIE}=${text}`)],
      400,
      'credentials_malformed',
    ],
    ['a line after it', (text) => [cookie(`${COOKIE}=${text}`), cookie('a=1')], 400, 'credentials_malformed'],
    ['twice', (text) => [cookie(`${COOKIE}=${text}; ${COOKIE}=${text}`)], 400, 'credentials_multiple'],
    ['twice, once empty', (text) => [cookie(`${COOKIE}=; ${COOKIE}=${text}`)], 400, 'credentials_multiple'],
    [
      'on two lines',
      (text) => [cookie(`${COOKIE}=${text}`), cookie(`${COOKIE}=${text}`)],
      400,
      'credentials_malformed',
    ],
    ['too much', () => [cookie(`${COOKIE}=${'x'.repeat(9_000)}`)], 400, 'token_too_large'],
  ])('%s is refused', async (_name, headers, status, reason) => {
    const answer = await ask('GET', '/cookie/1', headers(token));
    expect([answer.response.status, await refused(answer)]).toEqual([status, reason]);
  });

  it('is not taken beside a token in the query', async () => {
    const answer = await ask('GET', '/cookie/1?access_token=x', [cookie(`${COOKIE}=${token}`)]);
    expect(await refused(answer)).toBe('credentials_multiple');
  });

  const site = (value: string) => line('Sec-Fetch-Site', value);
  const from = (value: string) => line('Origin', value);

  it.each<[string, Lines]>([
    ['POST', [site('same-origin')]],
    ['POST', [site('same-origin'), from('http://api.test')]],
    ['POST', [site('same-origin'), from('null')]],
    ['DELETE', [site('none')]],
    ['POST', [from('http://api.test')]],
    ['PUT', [site('cross-site'), from('https://app.test')]],
    ['PUT', [from('https://app.test')]],
    ['GET', [site('cross-site'), from('https://evil.test')]],
    ['HEAD', [site('cross-site')]],
    ['OPTIONS', []],
  ])('%s with %j changes what it likes', async (method, headers) => {
    const { response, request } = await ask(method, '/cookie/1', [cookie(`${COOKIE}=${token}`), ...headers]);
    expect([response.status, request?.values('x-user-id')]).toEqual([200, ['user-1']]);
  });

  it.each<[string, Lines]>([
    ['POST', []],
    ['POST', [site('cross-site')]],
    ['POST', [site('same-site'), from('http://www.api.test')]],
    ['POST', [site('cross-site'), from('http://api.test')]],
    ['POST', [from('null')]],
    ['POST', [from('https://api.test')]],
    ['POST', [from('http://api.test:8080')]],
    ['POST', [from('http://api.test.evil.test')]],
    ['POST', [from('https://app.test.evil.test')]],
    ['POST', [from('https://app.test'), from('https://evil.test')]],
    ['POST', [site('same-origin'), site('cross-site')]],
    ['POST', [line('Referer', 'http://api.test/')]],
    ['PATCH', [from('https://evil.test')]],
    ['DELETE', [from('https://evil.test')]],
    ['PROPFIND', [from('https://evil.test')]],
    ['GET', [...HANDSHAKE, from('https://evil.test')]],
    ['GET', [...HANDSHAKE, site('cross-site'), from('https://evil.test')]],
    ['GET', HANDSHAKE],
  ])('%s with %j is another site and changes nothing', async (method, headers) => {
    const answer = await ask(method, '/cookie/1', [cookie(`${COOKIE}=${token}`), ...headers]);
    expect([answer.response.status, await refused(answer)]).toEqual([403, 'cross_site_request']);
    expect(answer.response.header('www-authenticate')).toBeUndefined();
  });
});

describe('a query parameter', () => {
  it.each<[string, (text: string) => string, string]>([
    ['alone', (text) => `?access_token=${text}`, ''],
    ['first', (text) => `?access_token=${text}&a=1&b`, '?a=1&b'],
    ['last', (text) => `?a=%20;b&access_token=${text}`, '?a=%20;b'],
    ['in the middle', (text) => `?a=1&access_token=${text}&&b=2&`, '?a=1&&b=2&'],
    [
      'beside names like it',
      (text) => `?my_access_token=1&access_token=${text}&access_tokens=2`,
      '?my_access_token=1&access_tokens=2',
    ],
  ])('%s: the origin gets the others byte for byte', async (_name, query, rest) => {
    const request = await passes(ask('GET', `/query/1${query(token)}`));
    expect(request.target).toBe(`/query/1${rest}`);
    expectNoToken(request);
  });

  it('takes a Referer with it that repeats it, and no other', async () => {
    const asked = (referer: string) =>
      passes(ask('GET', `/query/1?access_token=${token}`, [line('Referer', referer)]));
    expect((await asked(`http://api.test/x?access_token=${token}`)).values('referer')).toEqual([]);
    expect((await asked(`http://api.test/x?a=1&%61ccess_token=${token}`)).values('referer')).toEqual([]);
    expect((await asked('http://api.test/x?a=1')).values('referer')).toEqual(['http://api.test/x?a=1']);
  });

  it.each<[string, number, string]>([
    ['', 401, 'credentials_missing'],
    ['?token=TOKEN', 401, 'credentials_missing'],
    ['?access_token', 400, 'credentials_malformed'],
    ['?access_token=', 400, 'credentials_malformed'],
    ['?access_token=TOKEN%20', 400, 'credentials_malformed'],
    ['?access_token=TOKEN+', 401, 'token_malformed'],
    ['?access%5Ftoken=TOKEN', 400, 'credentials_malformed'],
    ['?Access_Token=TOKEN', 400, 'credentials_malformed'],
    ['?access_token[]=TOKEN', 400, 'credentials_malformed'],
    ['?a;access_token=TOKEN', 400, 'credentials_malformed'],
    ['?access_token=TOKEN;a=1', 400, 'credentials_malformed'],
    ['?access_token=TOKEN&access_token=TOKEN', 400, 'credentials_multiple'],
    ['?access_token=TOKEN&access%5ftoken=TOKEN', 400, 'credentials_multiple'],
    ['?access_token=TOKEN&ACCESS.token=x', 400, 'credentials_multiple'],
    [`?access_token=${'x'.repeat(8_200)}`, 400, 'token_too_large'],
  ])('%s: %i %s', async (query, status, reason) => {
    const answer = await ask('GET', `/query/1${query.replaceAll('TOKEN', token)}`);
    expect([answer.response.status, await refused(answer)]).toEqual([status, reason]);
  });

  it('is in no line of the log', () => {
    expect(gateway.output()).not.toContain(token.slice(0, 60));
    expect(gateway.output()).not.toContain(token.slice(-30));
  });
});

describe('a WebSocket subprotocol', () => {
  const offering = (target: string, ...protocols: readonly string[]) =>
    ask('GET', target, [...HANDSHAKE, ...protocols.map((each) => line('Sec-WebSocket-Protocol', each))]);
  const encoded = (text: string) => `${KUBERNETES}${Buffer.from(text).toString('base64url')}`;

  beforeEach(() => origin.respondWith(webSocketEcho(), 'head'));

  it.each<[string, (text: string) => readonly string[], readonly string[]]>([
    ['alone', (text) => [`bearer, ${text}`], []],
    ['before others', (text) => [`bearer,${text} ,chat, v2.chat`], ['chat, v2.chat']],
    ['after others', (text) => [`chat, bearer, ${text}`], ['chat']],
    ['on lines of their own', (text) => ['chat', 'bearer', text], ['chat']],
  ])('%s: taken from what the origin is offered', async (_name, offered, rest) => {
    const answer = await offering('/socket/1', ...offered(token));
    const request = await passes(answer);
    expect(request.values('sec-websocket-protocol')).toEqual(rest);
    expectNoToken(request);
    expect([answer.response.status, answer.response.header('sec-websocket-protocol')]).toEqual([
      101,
      'bearer',
    ]);
  });

  it('leaves the choice to the origin where it makes one', async () => {
    origin.respondWith(webSocketEcho('chat'), 'head');
    const answer = await offering('/socket/1', `bearer, ${token}, chat`);
    expect([answer.response.status, answer.response.header('sec-websocket-protocol')]).toEqual([101, 'chat']);
  });

  it("in Kubernetes' form is base64url behind a prefix, never selected", async () => {
    origin.respondWith(webSocketEcho('v5.channel.k8s.io'), 'head');
    const answer = await offering('/pods/1', `${encoded(token)}, v5.channel.k8s.io`);
    const request = await passes(answer);
    expect(request.values('sec-websocket-protocol')).toEqual(['v5.channel.k8s.io']);
    expect(answer.response.header('sec-websocket-protocol')).toBe('v5.channel.k8s.io');
  });

  it.each<[string, string, (text: string) => readonly string[], number, string]>([
    ['/socket/1', 'none', () => [], 401, 'credentials_missing'],
    ['/socket/1', 'the token without its name', (text) => [text], 401, 'credentials_missing'],
    ['/socket/1', 'another case', (text) => [`Bearer, ${text}`], 401, 'credentials_missing'],
    ['/socket/1', 'the name alone', () => ['bearer'], 400, 'credentials_malformed'],
    ['/socket/1', 'the token before the name', (text) => [`${text}, bearer`], 400, 'credentials_malformed'],
    ['/socket/1', 'quotes', (text) => [`bearer, "${text}"`], 400, 'credentials_malformed'],
    ['/socket/1', 'twice', (text) => [`bearer, ${text}, bearer, ${text}`], 400, 'credentials_multiple'],
    [
      '/socket/1',
      'twice on two lines',
      (text) => [`bearer, ${text}`, `bearer, ${text}`],
      400,
      'credentials_multiple',
    ],
    ['/socket/1', 'too much', () => [`bearer, ${'x'.repeat(9_000)}`], 400, 'token_too_large'],
    ['/pods/1', 'nothing to select', (text) => [encoded(text)], 400, 'credentials_malformed'],
    ['/pods/1', 'no base64url', (text) => [`${KUBERNETES}${text}, x`], 400, 'credentials_malformed'],
    [
      '/pods/1',
      'padding',
      (text) => [`${KUBERNETES}${Buffer.from(text).toString('base64')}=, x`],
      400,
      'credentials_malformed',
    ],
    ['/pods/1', 'the prefix alone', () => [`${KUBERNETES}, x`], 400, 'credentials_malformed'],
    ['/pods/1', 'twice', (text) => [encoded(text), encoded(text)], 400, 'credentials_multiple'],
    ['/pods/1', 'no token in it', () => [`${encoded('a b')}, x`], 400, 'credentials_malformed'],
    ['/pods/1', 'too much', () => [`${encoded('x'.repeat(9_000))}, x`], 400, 'token_too_large'],
  ])('%s refuses %s', async (target, _name, offered, status, reason) => {
    const answer = await offering(target, ...offered(token));
    expect([answer.response.status, await refused(answer)]).toEqual([status, reason]);
  });

  it('means nothing on a request that is no handshake', async () => {
    const answer = await ask('GET', '/socket/1', [line('Sec-WebSocket-Protocol', `bearer, ${token}`)]);
    expect(await refused(answer)).toBe('credentials_missing');
  });
});
