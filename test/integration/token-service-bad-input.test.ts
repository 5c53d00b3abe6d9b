import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, issuerTable, startDeployment } from '../fixtures/deployment.ts';
import { AUDIENCE } from '../fixtures/issuer.ts';
import { type LoginStack, REDIRECT_URI, startLoginStack } from '../fixtures/login-stack.ts';
import { aPerson } from '../fixtures/person.ts';
import { sourceFiles } from '../fixtures/source-files.ts';
import { MACHINE } from '../fixtures/token-service.ts';

/** A request as it should be: what its parameters, its headers and its client are. */
interface Sent {
  readonly parameters: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an endpoint makes of one parameter, as `seen` tells it. */
interface Parameter {
  /** The same where it is empty. */
  readonly missing: string;
  readonly wrong: readonly (readonly [value: string, seen: string])[];
  /** Where it is not what the endpoint says of repeated parameters. */
  readonly twice?: string;
}

interface Row {
  readonly name: string;
  readonly path: string;
  readonly allow: string;
  readonly carries: 'form' | 'query' | 'json' | 'nothing';
  readonly good: () => Promise<Sent>;
  readonly answer: string;
  /** A request that cannot be read. */
  readonly unreadable: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
}

const VERIFIER = 'v'.repeat(43);
const CHALLENGE = Buffer.from(
  await crypto.subtle.digest('SHA-256', new TextEncoder().encode(VERIFIER)),
).toString('base64url');
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const ADMINS = 'https://tokens-admin.test';
const NOBODY = `prt_${'A'.repeat(70)}`;
const basic = (id: string, secret: string) => ({
  Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});
const AS_MACHINE = basic(...MACHINE);

let deployment: Deployment;
let stack: LoginStack;
let url: string;
let worker: Awaited<ReturnType<typeof generateKeyPair>>;
beforeAll(async () => {
  deployment = await startDeployment();
  worker = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(worker.publicKey)), kid: 'k', alg: 'ES256', use: 'sig' };
  stack = await startLoginStack({
    secrets: { ...deployment.writer, AUDIT_SECRET: 'an-audit-secret-of-32-characters' },
    service: {
      code_lifetime: '10m',
      admins: { ops: { issuer: 'main', audience: [ADMINS] } },
    },
    issuers: { main: issuerTable(deployment.issuer, { audience: [AUDIENCE] }) },
    clients: {
      machine: {
        client_id: MACHINE[0],
        type: 'client_secret_basic',
        client_secret: 'MACHINE_SECRET',
        grants: ['client_credentials', 'jwt_bearer', 'refresh_token', 'token_exchange'],
        scope: ['orders:read'],
        resources: ['api'],
        assertion_issuers: ['main'],
        subject_token_issuers: ['main'],
      },
      neighbour: {
        client_id: 'neighbour',
        type: 'public',
        grants: ['authorization_code', 'refresh_token'],
        redirect_uris: [REDIRECT_URI],
        scope: ['orders:read'],
        resources: ['api'],
      },
      worker: {
        client_id: 'worker',
        type: 'private_key_jwt',
        jwks: { keys: [jwk] },
        grants: ['client_credentials'],
        scope: ['orders:read'],
        resources: ['api'],
      },
    },
  });
  ({ url } = stack.service);
});
afterAll(async () => {
  await stack.stop();
  await deployment.stop();
});

const authorization = {
  client_id: 'page',
  redirect_uri: REDIRECT_URI,
  response_type: 'code',
  response_mode: 'query',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
  state: 'a-state',
  scope: 'orders:read',
  resource: AUDIENCE,
  upstream: 'corp',
  prompt: 'login',
  login_hint: 'alice',
  acr_values: 'urn:mfa',
  max_age: '600',
};
const queryOf = (parameters: Readonly<Record<string, string>>) => new URLSearchParams(parameters).toString();
const subjectToken = (claims: Record<string, unknown> = {}) =>
  deployment.issuer.sign(
    deployment.issuer.claims({ sub: `user-${crypto.randomUUID()}`, scope: 'orders:read', ...claims }),
  );
const loggedIn = async (start: string, until: string) => {
  const person = aPerson();
  const { url: to } = await person.logIn(await person.visit(start), 'alice', until);
  const cookie = [...person.cookies(url)].map(([name, value]) => `${name}=${value}`).join('; ');
  return { parameters: Object.fromEntries(to.searchParams), headers: { Cookie: cookie } };
};
const { prompt: _, max_age: __, ...plain } = authorization;
const codeOf = async () =>
  (await loggedIn(`${url}/authorize?${queryOf(plain)}`, REDIRECT_URI)).parameters.code;
const adminHeaders = async () => ({
  Authorization: `Bearer ${await deployment.issuer.sign(
    deployment.issuer.claims({ aud: ADMINS, scope: 'token_service:read token_service:write' }),
  )}`,
});
const tokens = async (form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>) => {
  const answer = await fetch(`${url}/token`, { method: 'POST', headers, body: new URLSearchParams(form) });
  if (answer.status === 503) return await tokens(form, headers);
  return (await answer.json()) as { access_token: string; refresh_token: string };
};
const bearerAssertion = () => deployment.issuer.sign(deployment.issuer.claims({ aud: url, exp: soon() }));
const soon = () => Math.floor(Date.now() / 1000) + 60;
const machineTokens = async () =>
  tokens({ grant_type: JWT_BEARER, assertion: await bearerAssertion() }, AS_MACHINE);
const session = async () => {
  const person = aPerson();
  await person.logIn(await person.visit(`${url}/session/login`), 'bob');
  const cookies = [...person.cookies(`${url}/session/refresh`)];
  return { Cookie: cookies.map(([name, value]) => `${name}=${value}`).join('; '), Origin: url };
};
const logoutToken = async (claims: Record<string, unknown> = {}) => {
  const { privateKey } = await generateKeyPair('ES256');
  return new SignJWT({ iss: stack.provider.url, aud: 'portcullis', sub: 'x', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'k', typ: 'logout+jwt' })
    .sign(privateKey);
};

const optional = (...wrong: Parameter['wrong']): Parameter => ({ missing: '200', wrong });
const needed = (...wrong: Parameter['wrong']): Parameter => ({ missing: '400 invalid_request', wrong });
const SCOPE = optional(
  ['orders:write', '400 invalid_scope'],
  ['orders:read  ', '400 invalid_scope'],
  ['"', '400 invalid_scope'],
);
const RESOURCE = optional(
  ['https://other.test', '400 invalid_target'],
  [`${AUDIENCE}/`, '400 invalid_target'],
);
/** Of a client that proves itself by a secret in the header. */
const CLIENT = {
  client_id: optional(['page', '400 invalid_request'], ['nobody', '400 invalid_request']),
  client_secret: optional([MACHINE[1], '400 invalid_request']),
  client_assertion: optional(['x', '400 invalid_request']),
  client_assertion_type: optional([ASSERTION, '400 invalid_request']),
};
const GRANT_TYPE = needed(['password', '400 unsupported_grant_type'], ['x', '400 unsupported_grant_type']);
const tokenRow = (name: string, good: Row['good'], parameters: Readonly<Record<string, Parameter>>): Row => ({
  name: `/token ${name}`,
  path: '/token',
  allow: 'POST',
  carries: 'form',
  answer: '200',
  unreadable: 'invalid_request',
  good,
  parameters: { grant_type: GRANT_TYPE, ...CLIENT, scope: SCOPE, resource: RESOURCE, ...parameters },
});
const tokenOfSomebody = (path: string, unknown: string): Row => ({
  name: path,
  path,
  allow: 'POST',
  carries: 'form',
  answer: '200',
  unreadable: 'invalid_request',
  good: async () => ({
    parameters: { token: (await machineTokens()).access_token },
    headers: AS_MACHINE,
  }),
  parameters: { ...CLIENT, token: needed(['x', unknown], [NOBODY, unknown], ['a.b.c', unknown]) },
});
const toClient = (...wrong: Parameter['wrong']): Parameter => ({ missing: '303', wrong });
const page = (...wrong: Parameter['wrong']): Parameter => ({ missing: '400 page', wrong, twice: '400 page' });
const ASK = (seen: string): Record<string, Parameter> => ({
  upstream: { missing: '303', wrong: [['other', seen]] },
  prompt: { missing: '303', wrong: [['none login', seen]] },
  login_hint: {
    missing: '303',
    wrong: [
      ['x'.repeat(257), seen],
      ['a\u0000', seen],
    ],
  },
  acr_values: { missing: '303', wrong: [['x'.repeat(257), seen]] },
  max_age: { missing: '303', wrong: [['-1', seen]] },
});
const invalid = '303 invalid_request';
const callback = (path: string, answer: string, good: Row['good']): Row => ({
  name: path,
  path: `${path}/corp`,
  allow: 'GET',
  carries: 'query',
  answer,
  unreadable: 'page',
  good,
  parameters: {
    state: page(['x', '400 page'], ['x'.repeat(43), '400 page']),
    code: page(),
    error: { missing: answer, wrong: [['access_denied', '400 page']] },
  },
});
const admin = (
  path: string,
  body: Record<string, string>,
  parameters: Row['parameters'],
  answer = '200',
): Row => ({
  name: path,
  path,
  allow: 'POST',
  carries: 'json',
  answer,
  unreadable: 'problem',
  good: async () => ({ parameters: body, headers: await adminHeaders() }),
  parameters: { ...parameters, reason: { missing: answer, wrong: [] } },
});
const TEXT = { missing: '400 problem', wrong: [['x'.repeat(1_025), '400 problem']] } as const;
const document = (path: string): Row => ({
  name: path,
  path,
  allow: 'GET, HEAD',
  carries: 'nothing',
  answer: '200',
  unreadable: 'problem',
  good: async () => ({ parameters: {} }),
  parameters: {},
});
const pageOf = (path: string, allow: 'GET' | 'POST', answer: string): Row => ({
  ...document(path),
  allow,
  answer,
  good: async () => ({ parameters: {}, headers: await session() }),
});

const ROWS: readonly Row[] = [
  document('/.portcullis/health'),
  document('/.well-known/jwks.json'),
  document('/.well-known/oauth-authorization-server'),
  {
    name: '/authorize',
    path: '/authorize',
    allow: 'GET',
    carries: 'query',
    answer: '303',
    unreadable: 'page',
    good: async () => ({ parameters: authorization }),
    parameters: {
      client_id: page(['nobody', '400 page'], ['machine', '400 page']),
      redirect_uri: page(
        ['https://evil.test/callback', '400 page'],
        [`${REDIRECT_URI}/`, '400 page'],
        [`${REDIRECT_URI}?x=1`, '400 page'],
        [REDIRECT_URI.toUpperCase(), '400 page'],
        ['javascript:alert(1)', '400 page'],
      ),
      state: toClient(['x'.repeat(1_025), invalid], ['\u00e9', invalid]),
      request: toClient(['x', '303 request_not_supported']),
      request_uri: toClient(['urn:x', '303 request_uri_not_supported']),
      response_type: {
        missing: invalid,
        wrong: [
          ['token', '303 unsupported_response_type'],
          ['code token', '303 unsupported_response_type'],
        ],
      },
      response_mode: toClient(['fragment', invalid]),
      code_challenge: {
        missing: invalid,
        wrong: [
          ['x', invalid],
          [`${CHALLENGE}=`, invalid],
        ],
      },
      code_challenge_method: { missing: invalid, wrong: [['plain', invalid]] },
      scope: toClient(['admin', '303 invalid_scope'], ['orders:read  ', '303 invalid_scope']),
      resource: toClient(['https://other.test', '303 invalid_target']),
      ...ASK(invalid),
    },
  },
  callback('/authorize/callback', '303', () =>
    loggedIn(`${url}/authorize?${queryOf(plain)}`, `${url}/authorize/callback`),
  ),
  callback('/session/callback', '200 page', () =>
    loggedIn(`${url}/session/login`, `${url}/session/callback`),
  ),
  tokenRow(
    'authorization_code',
    async () => ({
      parameters: {
        grant_type: 'authorization_code',
        client_id: 'page',
        code: String(await codeOf()),
        redirect_uri: REDIRECT_URI,
        code_verifier: VERIFIER,
      },
    }),
    {
      client_id: {
        missing: '401 invalid_client',
        wrong: [
          ['machine', '401 invalid_client'],
          ['worker', '401 invalid_client'],
          ['nobody', '401 invalid_client'],
          // Another client, with the same grant and the same address.
          ['neighbour', '400 invalid_grant'],
        ],
      },
      client_assertion_type: optional(['x', '400 invalid_request'], [ASSERTION, '400 invalid_request']),
      code: needed(['x', '400 invalid_grant'], [`pac_${'A'.repeat(64)}`, '400 invalid_grant']),
      redirect_uri: needed(
        ['https://evil.test/callback', '400 invalid_grant'],
        [`${REDIRECT_URI}?tenant=1`, '400 invalid_grant'],
      ),
      code_verifier: needed(['w'.repeat(43), '400 invalid_grant'], ['v'.repeat(42), '400 invalid_grant']),
      scope: optional(['orders:admin', '400 invalid_scope'], ['orders:read  ', '400 invalid_scope']),
    },
  ),
  tokenRow(
    'refresh_token',
    async () => ({
      parameters: { grant_type: 'refresh_token', refresh_token: (await machineTokens()).refresh_token },
      headers: AS_MACHINE,
    }),
    { refresh_token: needed(['x', '400 invalid_grant'], [NOBODY, '400 invalid_grant']) },
  ),
  tokenRow(
    'client_credentials',
    async () => ({ parameters: { grant_type: 'client_credentials' }, headers: AS_MACHINE }),
    {},
  ),
  tokenRow(
    'jwt-bearer',
    async () => ({
      parameters: { grant_type: JWT_BEARER, assertion: await bearerAssertion() },
      headers: AS_MACHINE,
    }),
    { assertion: needed(['x', '400 invalid_grant'], ['a.b.c', '400 invalid_grant']) },
  ),
  tokenRow(
    'token-exchange',
    async () => ({
      parameters: {
        grant_type: TOKEN_EXCHANGE,
        subject_token: await subjectToken(),
        subject_token_type: ACCESS_TOKEN,
        requested_token_type: ACCESS_TOKEN,
      },
      headers: AS_MACHINE,
    }),
    {
      subject_token: needed(['x', '400 invalid_request'], ['a.b.c', '400 invalid_request']),
      subject_token_type: needed(['urn:ietf:params:oauth:token-type:saml2', '400 invalid_request']),
      requested_token_type: optional(['urn:ietf:params:oauth:token-type:saml2', '400 invalid_request']),
      actor_token: optional(['x', '400 invalid_request']),
      actor_token_type: optional([ACCESS_TOKEN, '400 invalid_request']),
      audience: optional(['api', '400 invalid_target']),
    },
  ),
  tokenOfSomebody('/revoke', '200'),
  tokenOfSomebody('/introspect', '200'),
  {
    name: '/backchannel-logout',
    path: '/backchannel-logout',
    allow: 'POST',
    carries: 'form',
    // Somebody else has signed it; a good one is test/integration/session.test.ts's.
    answer: '400 invalid_request',
    unreadable: 'invalid_request',
    good: async () => ({ parameters: { logout_token: await logoutToken() } }),
    parameters: {
      logout_token: needed(['x', '400 invalid_request'], ['a.b.c', '400 invalid_request']),
    },
  },
  {
    name: '/session/login',
    path: '/session/login',
    allow: 'GET',
    carries: 'query',
    answer: '303',
    unreadable: 'page',
    good: async () => {
      const { upstream, prompt, login_hint, acr_values, max_age } = authorization;
      return { parameters: { return_to: '/app', upstream, prompt, login_hint, acr_values, max_age } };
    },
    parameters: {
      return_to: {
        missing: '303',
        wrong: ['https://evil.test/', '//evil.test', '/\\evil.test', 'x', `/${'x'.repeat(1_024)}`].map(
          (value) => [value, '400 page'] as const,
        ),
      },
      ...ASK('400 page'),
    },
  },
  pageOf('/session/refresh', 'POST', '200'),
  pageOf('/session', 'GET', '200'),
  {
    name: '/session/logout',
    path: '/session/logout',
    allow: 'POST',
    carries: 'form',
    answer: '204',
    unreadable: 'problem',
    good: async () => ({ parameters: { all: 'true' }, headers: await session() }),
    parameters: { all: { missing: '204', wrong: [['false', '400 problem']] } },
  },
  {
    ...document('/v1/keys'),
    allow: 'GET',
    good: async () => ({ parameters: {}, headers: await adminHeaders() }),
  },
  {
    ...document('/v1/keys/rotate'),
    allow: 'POST',
    good: async () => ({ parameters: {}, headers: await adminHeaders() }),
  },
  admin('/v1/keys/withdraw', { kid: 'unknown', reason: 'r' }, { kid: TEXT }, '404 problem'),
  admin('/v1/grants/lookup', { sub: 'nobody', reason: 'r' }, { sub: TEXT }),
  admin('/v1/grants/end', { sub: 'nobody', reason: 'r' }, { sub: TEXT }),
  {
    ...admin('/v1/grants/end', { sid: 'A'.repeat(22), reason: 'r' }, {}),
    name: '/v1/grants/end by sid',
    parameters: {
      sid: { ...TEXT, wrong: [...TEXT.wrong, ['x', '400 problem'], ['B'.repeat(22), '400 problem']] },
      reason: { missing: '200', wrong: [] },
    },
  },
];

/** What came, in a few words: the status, and the code of an error or the form that the answer has. */
async function seen(response: Response): Promise<string> {
  const { status } = response;
  const text = await response.text();
  const type = response.headers.get('Content-Type') ?? '';
  const kind = () => {
    const location = response.headers.get('Location');
    if (location !== null) return new URL(location).searchParams.get('error') ?? '';
    if (type.startsWith('text/html')) return 'page';
    if (type === 'application/problem+json') return 'problem';
    return text === '' ? '' : String((JSON.parse(text) as { error?: unknown }).error ?? '');
  };
  return `${status} ${kind()}`.trim();
}

interface Bytes {
  readonly row: Row;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Of the query or of the body; undefined: none. */
  readonly text: string | undefined;
  readonly type?: string;
}

async function send({ row, headers = {}, text, type }: Bytes): Promise<Response> {
  const method = row.allow.startsWith('GET') ? 'GET' : 'POST';
  const inQuery = row.carries === 'query' && text !== undefined;
  const body = inQuery || text === undefined || method === 'GET' ? {} : { body: Buffer.from(text, 'latin1') };
  const response = await fetch(`${url}${row.path}${inQuery ? `?${text}` : ''}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(text !== undefined && !inQuery && method === 'POST' ? { 'Content-Type': type ?? typeOf(row) } : {}),
      ...headers,
    },
    ...body,
  });
  // The deny-list may be too slow on a busy machine: nothing has happened then.
  if (response.status === 503 || response.status === 202)
    return await send({ row, headers, text, ...(type && { type }) });
  return response;
}

const typeOf = ({ carries }: Row) =>
  carries === 'json' ? 'application/json' : 'application/x-www-form-urlencoded';

const written = ({ carries }: Row, pairs: readonly (readonly [string, string])[]): string =>
  carries === 'json'
    ? `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
    : new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString();

/** A good request of each row, until one of them has been used up. */
const unused = new Map<string, Sent>();
async function goodOf(row: Row): Promise<Sent> {
  const sent = unused.get(row.name) ?? (await row.good());
  unused.set(row.name, sent);
  return sent;
}

async function ask(row: Row, sent: Sent, pairs: readonly (readonly [string, string])[]): Promise<string> {
  const text = row.carries === 'nothing' ? undefined : written(row, pairs);
  const response = await send({ row, headers: sent.headers, text });
  const told = await seen(response.clone());
  if (response.status < 400 && !told.startsWith('303 ')) unused.delete(row.name);
  // RFC 6749 §4.1.2.1, §5.1: nothing of a refusal is kept, and none tells of a secret that came.
  if (response.status >= 400) {
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(response.headers.get('Location')).toBeNull();
    const body = await response.text();
    for (const value of Object.values(sent.parameters))
      if (value.length > 20) expect(body).not.toContain(value);
  }
  return told;
}

const pairsOf = ({ parameters }: Sent) => Object.entries(parameters);
const CASES = ROWS.flatMap((row) =>
  Object.entries(row.parameters).map(([name, parameter]) => [row.name, name, row, parameter] as const),
);
const CARRYING = ROWS.filter(({ carries }) => carries !== 'nothing').map((row) => [row.name, row] as const);
const BODIES = CARRYING.filter(([, { carries }]) => carries !== 'query');
const WITH_CLIENT = ROWS.filter(
  ({ parameters }) => 'client_assertion' in parameters && !('code' in parameters),
).map((row) => [row.name, row] as const);

describe('each parameter', () => {
  it.each(CASES)('%s: %s', async (_row, name, row, parameter) => {
    const repeated =
      parameter.twice ?? (row.unreadable === 'page' && row.name !== '/authorize' ? '400 page' : undefined);
    const twice = repeated ?? (row.name === '/authorize' ? invalid : `400 ${row.unreadable}`);
    const sent = await goodOf(row);
    const others = pairsOf(sent).filter(([each]) => each !== name);
    const value = sent.parameters[name] ?? 'x';
    expect(await ask(row, sent, [...others, [name, value], [name, value]]), 'twice').toBe(twice);
    expect(await ask(row, sent, [...others, [name, value], [name, `${value}x`]]), 'two').toBe(twice);
    for (const [wrong, then] of parameter.wrong) {
      const given = await goodOf(row);
      const rest = pairsOf(given).filter(([each]) => each !== name);
      expect(await ask(row, given, [...rest, [name, wrong]]), wrong.slice(0, 50)).toBe(then);
    }
    const huge = row.carries === 'query' ? '400 page' : `413 ${row.unreadable}`;
    const large = await goodOf(row);
    const around = pairsOf(large).filter(([each]) => each !== name);
    const long = 'x'.repeat(row.carries === 'query' ? 9_000 : 70_000);
    expect(await ask(row, large, [...around, [name, long]]), 'oversize').toBe(huge);
    for (const form of ['missing', 'empty']) {
      if (form === 'empty' && row.carries === 'json') continue;
      const given = await goodOf(row);
      const rest = pairsOf(given).filter(([each]) => each !== name);
      const all: [string, string][] = form === 'missing' ? rest : [...rest, [name, '']];
      expect(await ask(row, given, all), form).toBe(
        form === 'empty' && name === 'all' ? '400 problem' : parameter.missing,
      );
    }
  });
});

describe('each endpoint', () => {
  it.each(ROWS.map((row) => [row.name, row] as const))('%s answers a good request', async (_name, row) => {
    const sent = await goodOf(row);
    expect(await ask(row, sent, pairsOf(sent))).toBe(row.answer);
    unused.delete(row.name);
  });

  it.each(ROWS.map((row) => [row.name, row] as const))(
    '%s has its methods, and no others',
    async (_name, row) => {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        if (row.allow.split(', ').includes(method)) continue;
        const response = await fetch(`${url}${row.path}`, { method, redirect: 'manual' });
        expect([method, response.status, response.headers.get('Allow')]).toEqual([method, 405, row.allow]);
      }
    },
  );

  it.each(CARRYING)('%s takes nothing that is not UTF-8', async (_name, row) => {
    const sent = await goodOf(row);
    const text = written(row, pairsOf(sent));
    const separator = row.carries === 'json' ? ' ' : '&x=';
    const raw = await send({ row, headers: sent.headers, text: `${text}${separator}\xff` });
    // What stands in a query as raw bytes has been rewritten before it arrives.
    if (row.carries !== 'query') expect(await seen(raw)).toBe(`400 ${row.unreadable}`);
    if (row.carries === 'json' || row.path.includes('/callback/')) return;
    for (const broken of ['%ff', '%c3', '%ed%a0%80', '%zz', '%']) {
      const response = await send({ row, headers: sent.headers, text: `${text}&x=${broken}` });
      expect(await seen(response), broken).toBe(`400 ${row.unreadable}`);
    }
  });

  it.each(BODIES)(
    '%s takes no other media type, no encoded body and none that is too large',
    async (_name, row) => {
      const sent = await goodOf(row);
      const text = written(row, pairsOf(sent));
      const types = [
        'text/plain',
        'multipart/form-data',
        `${typeOf(row)}; charset=latin1`,
        row.carries === 'json' ? 'application/x-www-form-urlencoded' : 'application/json',
      ];
      for (const type of types) {
        const response = await send({ row, headers: sent.headers, text, type });
        expect(await seen(response), type).toBe(`415 ${row.unreadable}`);
      }
      const encoded = await send({ row, headers: { ...sent.headers, 'Content-Encoding': 'gzip' }, text });
      expect(await seen(encoded)).toBe(`415 ${row.unreadable}`);
      const large = await send({ row, headers: sent.headers, text: `${text}${' '.repeat(70_000)}` });
      expect(await seen(large)).toBe(`413 ${row.unreadable}`);
    },
  );

  it.each(ROWS.map((row) => [row.name, row] as const))(
    '%s stands a header as large as there is',
    async (_name, row) => {
      for (const name of ['X-Large', 'Cookie', 'Authorization', 'Origin']) {
        const method = row.allow.startsWith('GET') ? 'GET' : 'POST';
        const headers = { [name]: `Basic ${'x'.repeat(60_000)}` };
        const { status } = await fetch(`${url}${row.path}`, { method, headers, redirect: 'manual' });
        expect(status, name).toBeLessThan(500);
      }
    },
  );

  it('none knows a parameter of the query beside those of its body', async () => {
    const asked = { method: 'POST', headers: AS_MACHINE };
    const query = `${url}/token?grant_type=client_credentials`;
    expect(await seen(await fetch(query, asked))).toBe('415 invalid_request');
    const body = new URLSearchParams({ scope: 'orders:read' });
    expect(await seen(await fetch(query, { ...asked, body }))).toBe('400 invalid_request');
  });

  it('what is no path of the service is 404, however near it comes', async () => {
    for (const path of [
      '/',
      '/Token',
      '/token/',
      '/token%2f',
      '//token',
      '/session/',
      '/v1',
      '/authorize/callback/other',
    ]) {
      expect((await fetch(`${url}${path}`)).status, path).toBe(404);
    }
  });
});

describe('a client that does not prove itself', () => {
  const workerAssertion = (claims: Record<string, unknown> = {}, key = worker.privateKey) => {
    const iat = Math.floor(Date.now() / 1000);
    return new SignJWT({
      iss: 'worker',
      sub: 'worker',
      aud: url,
      jti: crypto.randomUUID(),
      iat,
      exp: iat + 60,
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .sign(key);
  };

  it.each(WITH_CLIENT)('is told so by %s, and nothing else', async (_name, row) => {
    const { parameters } = await goodOf(row);
    const by = async (headers: Record<string, string>, more: Record<string, string> = {}) => {
      const response = await send({ row, headers, text: queryOf({ ...parameters, ...more }) });
      if (response.status === 401) expect(response.headers.get('WWW-Authenticate')).toMatch(/^Basic realm=/);
      return await seen(response);
    };
    const stranger = await generateKeyPair('ES256');
    const assertion = await workerAssertion();
    const asserted = { client_assertion_type: ASSERTION };
    const denied: readonly (readonly [string, Record<string, string>, Record<string, string>?])[] = [
      ['nobody', {}],
      ['an unknown client', basic('nobody', 'x')],
      ['a wrong secret', basic(MACHINE[0], 'x')],
      ['an empty secret', basic(MACHINE[0], '')],
      ['a public client with a secret', basic('page', '')],
      ['a client of another method', basic('worker', 'x')],
      ['a name alone', {}, { client_id: MACHINE[0] }],
      ['another scheme', { Authorization: 'Bearer x' }],
      ['no base64', { Authorization: 'Basic %' }],
      ['two headers in one', { Authorization: `${AS_MACHINE.Authorization}, ${AS_MACHINE.Authorization}` }],
      [
        'an assertion of a stranger',
        {},
        { ...asserted, client_assertion: await workerAssertion({}, stranger.privateKey) },
      ],
      [
        'an assertion about another',
        {},
        { ...asserted, client_assertion: await workerAssertion({ sub: MACHINE[0] }) },
      ],
      [
        'an assertion for another server',
        {},
        { ...asserted, client_assertion: await workerAssertion({ aud: 'https://other.test' }) },
      ],
      [
        'an assertion for another server as well',
        {},
        { ...asserted, client_assertion: await workerAssertion({ aud: [url, 'https://other.test'] }) },
      ],
      ['an expired assertion', {}, { ...asserted, client_assertion: await workerAssertion({ exp: 1_000 }) }],
      [
        'an assertion for ever',
        {},
        { ...asserted, client_assertion: await workerAssertion({ exp: soon() + 86_400 }) },
      ],
      ['no assertion', {}, { ...asserted, client_assertion: 'x' }],
    ];
    for (const [what, headers, more] of denied)
      expect(await by(headers, more), what).toBe('401 invalid_client');
    const confused: readonly (readonly [string, Record<string, string>, Record<string, string>])[] = [
      ['two methods', AS_MACHINE, { ...asserted, client_assertion: assertion }],
      ['a secret in the body', {}, { client_id: MACHINE[0], client_secret: MACHINE[1] }],
      ['a secret twice', AS_MACHINE, { client_secret: MACHINE[1] }],
      ['a type without an assertion', {}, asserted],
      ['an assertion without a type', {}, { client_assertion: assertion }],
      ['an assertion of another type', {}, { client_assertion: assertion, client_assertion_type: 'urn:x' }],
    ];
    for (const [what, headers, more] of confused)
      expect(await by(headers, more), what).toBe('400 invalid_request');
  });

  it('may not bring its assertion twice', async () => {
    const form = async (client_assertion: string) =>
      await tokensSeen({
        grant_type: 'client_credentials',
        client_assertion,
        client_assertion_type: ASSERTION,
      });
    const assertion = await workerAssertion();
    expect(await form(assertion)).toBe('200');
    expect(await form(assertion)).toBe('401 invalid_client');
  });

  const tokensSeen = async (form: Record<string, string>): Promise<string> => {
    const response = await fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams(form) });
    return await seen(response);
  };
});

describe('what is somebody else\u2019s', () => {
  it('a code of another client is not spent, and spent twice it ends what it began', async () => {
    const row = ROWS.find(({ name }) => name === '/token authorization_code');
    if (row === undefined) throw new Error('no row');
    unused.delete(row.name);
    const { parameters } = await goodOf(row);
    const { client_id: _, ...form } = parameters;
    const text = queryOf(form);
    expect(await seen(await send({ row, headers: AS_MACHINE, text }))).toBe('400 unauthorized_client');
    const { access_token: token, refresh_token } = await tokens({ ...parameters }, {});
    const introspected = async (): Promise<boolean> => {
      const asked = { method: 'POST', headers: AS_MACHINE, body: new URLSearchParams({ token }) };
      const response = await fetch(`${url}/introspect`, asked);
      return response.status === 503
        ? await introspected()
        : ((await response.json()) as { active: boolean }).active;
    };
    expect(await introspected()).toBe(true);
    expect(await ask(row, { parameters }, Object.entries(parameters))).toBe('400 invalid_grant');
    expect(await introspected()).toBe(false);
    const form2 = { grant_type: 'refresh_token', client_id: 'page', refresh_token };
    const again = await fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams(form2) });
    expect(await seen(again)).toBe('400 invalid_grant');
  });

  it('a refresh token is its own client\u2019s alone, and stays good', async () => {
    const { refresh_token } = await machineTokens();
    const form = { grant_type: 'refresh_token', client_id: 'page', refresh_token };
    const asked = { method: 'POST', body: new URLSearchParams(form) };
    expect(await seen(await fetch(`${url}/token`, asked))).toBe('400 invalid_grant');
    expect(await tokens({ grant_type: 'refresh_token', refresh_token }, AS_MACHINE)).toHaveProperty(
      'access_token',
    );
  });

  it('an access token is nobody\u2019s subject token, assertion or admin token', async () => {
    const { access_token } = await machineTokens();
    const row = (name: string) => ROWS.find((each) => each.name === name) as Row;
    const exchange = {
      grant_type: TOKEN_EXCHANGE,
      subject_token: access_token,
      subject_token_type: ACCESS_TOKEN,
    };
    expect(
      await ask(
        row('/token token-exchange'),
        { parameters: {}, headers: AS_MACHINE },
        Object.entries(exchange),
      ),
    ).toBe('400 invalid_request');
    const bearer = { grant_type: JWT_BEARER, assertion: access_token };
    expect(
      await ask(row('/token jwt-bearer'), { parameters: {}, headers: AS_MACHINE }, Object.entries(bearer)),
    ).toBe('400 invalid_grant');
    const headers = { Authorization: `Bearer ${access_token}` };
    expect((await fetch(`${url}/v1/keys`, { headers })).status).toBe(401);
  });

  it.each([
    ['of another site', { Origin: 'https://evil.test' }, '403 problem'],
    ['of a sibling', { 'Sec-Fetch-Site': 'same-site' }, '403 problem'],
    ['of nobody', {}, '403 problem'],
  ])('a page %s moves no session', async (_what, headers, then) => {
    const { Cookie } = await session();
    for (const path of ['/session/refresh', '/session/logout']) {
      const asked = { method: 'POST', headers: { ...headers, Cookie } };
      expect(await seen(await fetch(`${url}${path}`, asked))).toBe(then);
    }
  });

  it('two cookies of one name are nobody\u2019s', async () => {
    const { Cookie, Origin } = await session();
    const twice = { Cookie: `${Cookie}; ${Cookie}`, Origin };
    for (const [method, path] of [
      ['POST', '/session/refresh'],
      ['POST', '/session/logout'],
      ['GET', '/session'],
    ] as const) {
      expect(await seen(await fetch(`${url}${path}`, { method, headers: twice }))).toBe('401 problem');
    }
  });

  it('a login is finished at the address of its own provider, in the browser that began it', async () => {
    for (const path of ['/authorize', '/session']) {
      const row = ROWS.find(({ name }) => name === `${path}/callback`) as Row;
      const { parameters, headers = {} } = await goodOf(row);
      const elsewhere = await fetch(`${url}${path}/callback/down?${queryOf(parameters)}`, {
        headers,
        redirect: 'manual',
      });
      expect(await seen(elsewhere)).toBe('400 page');
      expect(await seen(await send({ row, text: queryOf(parameters) }))).toBe('400 page');
    }
  });
});

describe('the table', () => {
  /** The files that read parameters, and the rows that come to them. */
  const READERS: Readonly<Record<string, (row: Row) => boolean>> = {
    'src/http/registered-client.ts': ({ parameters }) => 'client_assertion' in parameters,
    'src/token-service/admin/keys.ts': ({ name }) => name === '/v1/keys/withdraw',
    'src/token-service/admin/grants.ts': ({ path }) => path === '/v1/grants/end',
    'src/token-service/authorize/request.ts': ({ path }) => path === '/authorize',
    'src/token-service/backchannel-logout.ts': ({ path }) => path === '/backchannel-logout',
    'src/token-service/client-request.ts': ({ parameters }) => 'client_assertion' in parameters,
    'src/token-service/introspection.ts': ({ path }) => path === '/introspect',
    'src/token-service/login/finish.ts': ({ path }) => path.includes('/callback/'),
    'src/token-service/login/wishes.ts': ({ path }) => path === '/authorize' || path === '/session/login',
    'src/token-service/revocation.ts': ({ path }) => path === '/revoke',
    'src/token-service/session/login.ts': ({ path }) => path === '/session/login',
    'src/token-service/session/logout.ts': ({ path }) => path === '/session/logout',
    'src/token-service/token-endpoint/answer.ts': ({ path }) => path === '/token',
    'src/token-service/token-endpoint/authorization-code.ts': ({ name }) =>
      name === '/token authorization_code',
    'src/token-service/token-endpoint/jwt-bearer.ts': ({ name }) => name === '/token jwt-bearer',
    'src/token-service/token-endpoint/refresh-token.ts': ({ name }) => name === '/token refresh_token',
    'src/token-service/token-endpoint/serve.ts': ({ path }) => path === '/token',
    'src/token-service/token-endpoint/token-exchange.ts': ({ name }) => name === '/token token-exchange',
  };
  const READS = /\b(?:parameters|query|form|searchParams|value)\??\.(?:get|has|getAll)\('(\w+)'\)/g;
  const ORDERS = /\breadOrder\([^[]*\[([^\]]*)\]/g;

  it('has a row for every parameter that the code reads', () => {
    const found = [...sourceFiles('src/token-service'), ...sourceFiles('src/http')]
      .filter(({ path }) => path.startsWith('src/token-service/') || path === 'src/http/registered-client.ts')
      .map(({ path, code }) => {
        const orders = [...code.matchAll(ORDERS)].flatMap(([, list = '']) => [...list.matchAll(/'(\w+)'/g)]);
        const names = [...code.matchAll(READS), ...orders].map(([, name = '']) => name);
        return [path, [...new Set(names)]] as const;
      })
      .filter(([, names]) => names.length > 0);
    expect(found.map(([path]) => path).sort()).toEqual(Object.keys(READERS).sort());
    for (const [path, names] of found) {
      const rows = ROWS.filter(READERS[path] ?? (() => false));
      expect(rows.length, path).toBeGreaterThan(0);
      for (const name of names) {
        const without = rows.filter(({ parameters }) => !(name in parameters)).map((row) => row.name);
        // One of two names at a time.
        const held = path.endsWith('/grants.ts') ? without.length < rows.length : without.length === 0;
        expect(held, `${path}: ${name} has no row in ${without}`).toBe(true);
      }
    }
  });

  it('has a row for every endpoint', () => {
    const [app] = sourceFiles('src/token-service').filter(({ path }) => path.endsWith('/app.ts'));
    const named = [...(app?.code ?? '').matchAll(/(?:\bpath: |\blogin\()(?!string)([^,\n]+),/g)].map(
      ([, name = '']) => name,
    );
    const others: Readonly<Record<string, readonly string[]>> = {
      REFRESH_PATH: ['/session/refresh'],
      "callbackPath('authorize'": ['/authorize/callback/corp'],
      "callbackPath('session'": ['/session/callback/corp'],
    };
    const paths = named.flatMap(
      (name) => /^'(\/.+)'$/.exec(name)?.[1] ?? others[name] ?? [`unknown: ${name}`],
    );
    expect(paths.length).toBeGreaterThan(15);
    expect([...new Set(paths)].sort()).toEqual([...new Set(ROWS.map(({ path }) => path))].sort());
  });
});
