import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledCode } from '../fixtures/compile-cache.ts';
import { startControl } from '../fixtures/control.ts';
import { type Deployment, issuerTable, startDeployment } from '../fixtures/deployment.ts';
import { exchange, openSocket, rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import type { Gateway } from '../fixtures/workerd.ts';

const AUDIENCE = 'https://control.test';
const CLIENT_SECRET = 'a-secret-of-more-than-32-characters';
const CLI = join(import.meta.dirname, '../../src/cli/portcullis.ts');

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Both Workers on workerd over a real Redis, and the command line as a process of its own. */
describe('revocation from the command line to the gateway', () => {
  let deployment: Deployment;
  let control: Gateway;
  let admin: string;
  let folder: string;

  beforeAll(async () => {
    deployment = await startDeployment();
    const { issuer } = deployment;
    control = await startControl({
      vars: {
        ISSUERS: { main: issuerTable(issuer, { max_token_lifetime: '1h' }) },
        CONTROL: {
          admins: { ops: { issuer: 'main', audience: [AUDIENCE] } },
          clients: { web: { client_id: 'web', client_secret: 'WEB_SECRET' } },
          transmitters: { idp: { issuer: 'main', audience: ['https://control.test/ssf'] } },
        },
      },
      secrets: { ...deployment.writer, WEB_SECRET: CLIENT_SECRET },
    });
    admin = await adminToken('revocations:read revocations:write');
    folder = await mkdtemp(join(tmpdir(), 'portcullis-cli-'));
  });

  afterAll(async () => {
    await control.stop();
    await deployment.stop();
    await rm(folder, { recursive: true });
  });

  const adminToken = (scope: string) =>
    deployment.issuer.sign(deployment.issuer.claims({ aud: AUDIENCE, sub: 'alice', scope }));

  const accessToken = (claims: Record<string, unknown> = {}) =>
    deployment.issuer.sign(deployment.issuer.claims({ scope: 'orders:read', ...claims }));

  const statusOf = async (token: string) =>
    (await fetch(`${deployment.gateway.url}/orders/1`, { headers: { authorization: `Bearer ${token}` } }))
      .status;

  const run = (args: readonly string[], environment: Record<string, string> = {}, input = ''): Promise<Ran> =>
    new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [CLI, ...args],
        {
          env: {
            ...compiledCode(),
            PORTCULLIS_URL: control.url,
            PORTCULLIS_TOKEN: admin,
            ...environment,
          },
        },
        (error, out, err) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
      );
      child.stdin?.end(input);
    });

  const newToken = async () => {
    const claims = deployment.issuer.claims({ scope: 'orders:read' });
    return {
      token: await deployment.issuer.sign(claims),
      jti: String(claims.jti),
      iss: deployment.issuer.url,
    };
  };

  it('revokes a token, finds it, lists it and takes it back', async () => {
    const { token, jti, iss } = await newToken();
    expect(await statusOf(token)).toBe(200);
    const revoked = await run(['revoke', token, '--reason', 'seen in a log']);
    expect(revoked).toMatchObject({ code: 0, err: '' });
    expect(revoked.out).toContain(`Revoked token ${jti} of ${iss}.`);
    expect(revoked.out).toMatch(/by +admin:ops:alice\n.*\n +reason +seen in a log/);
    expect(await statusOf(token)).toBe(401);

    const found = await run(['lookup', jti, '--issuer', iss, '--json']);
    expect(found.code).toBe(0);
    expect(JSON.parse(found.out)).toMatchObject({
      revoked: true,
      entry: { issuer: iss, jti, intake: 'admin' },
    });
    const listed = await run(['list', '--all', '--json', '--limit', '1']);
    expect(
      listed.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).jti),
    ).toContain(jti);

    expect(await run(['unrevoke', token])).toMatchObject({ code: 0 });
    expect(await run(['lookup', token])).toMatchObject({
      code: 4,
      out: `Not revoked: token ${jti} of ${iss}.\n`,
    });
    expect(await statusOf(token)).toBe(200);
  });

  it('revokes a subject up to an instant, and leaves later tokens alone', async () => {
    const before = await accessToken({ sub: 'mallory', iat: Math.floor(Date.now() / 1000) - 60 });
    const after = await accessToken({ sub: 'mallory', iat: Math.floor(Date.now() / 1000) });
    const mark = new Date(Date.now() - 30_000).toISOString();
    const done = await run([
      'revoke',
      '--sub',
      'mallory',
      '--issuer',
      deployment.issuer.url,
      '--issued-before',
      mark,
    ]);
    expect(done).toMatchObject({ code: 0 });
    expect([await statusOf(before), await statusOf(after)]).toEqual([401, 200]);
  });

  it('reads the admin token from a file or standard input, and the token to revoke from there too', async () => {
    const { token } = await newToken();
    const file = join(folder, 'token');
    await writeFile(file, `${admin}\n`);
    expect(
      await run(['revoke', '-', '--token-file', file], { PORTCULLIS_TOKEN: '' }, `${token}\n`),
    ).toMatchObject({ code: 0 });
    expect(await statusOf(token)).toBe(401);
    expect(await run(['lookup', token, '--token-file', '-'], { PORTCULLIS_TOKEN: '' }, admin)).toMatchObject({
      code: 0,
    });
  });

  it.each<[string, readonly string[], number, RegExp]>([
    ['no command', [], 2, /^portcullis <command>/],
    ['an unknown command', ['revok'], 2, /no command "revok"/],
    ['an unknown option', ['list', '--al'], 2, /Unknown option '--al'/],
    ['no target', ['revoke'], 2, /Exactly one token or identifier/],
    ['two targets', ['revoke', 'x', '--sub', 'y', '--issuer', 'z'], 2, /Exactly one token or identifier/],
    ['an identifier without issuer', ['revoke', 'x'], 2, /--issuer is needed/],
    [
      'a date that is none',
      ['revoke', '--sub', 'x', '--issuer', 'z', '--issued-before', 'today'],
      2,
      /--issued-before: expected/,
    ],
    ['http to another host', ['list', '--url', 'http://control.example'], 2, /only https/],
    ['credentials in the URL', ['list', '--url', 'https://a:b@control.example'], 2, /takes no credentials/],
    ['a file that is not there', ['list', '--token-file', '/nowhere/token'], 2, /ENOENT/],
    [
      'an issuer that is not configured',
      ['revoke', 'x', '--issuer', 'https://evil.test'],
      1,
      /not a configured issuer/,
    ],
    ['a server that is none', ['list', '--url', 'http://127.0.0.1:9'], 3, /does not answer/],
  ])('says in one line what is wrong: %s', async (_what, args, code, message) => {
    const ran = await run(args);
    expect(ran.code).toBe(code);
    expect(ran.err).toMatch(message);
    expect(ran.err).not.toMatch(/\n {4}at /);
  });

  it('explains a refused token, a missing scope, and a server that is another', async () => {
    expect(await run(['list'], { PORTCULLIS_TOKEN: 'abc' })).toMatchObject({
      code: 1,
      err: expect.stringContaining('refused (401)'),
    });
    const reader = await adminToken('revocations:read');
    expect(
      await run(['revoke', 'x', '--issuer', deployment.issuer.url], { PORTCULLIS_TOKEN: reader }),
    ).toMatchObject({
      code: 1,
      err: expect.stringContaining('It needs the scope revocations:write.'),
    });
    expect(await run(['list'], { PORTCULLIS_URL: deployment.issuer.url })).toMatchObject({
      code: 1,
      err: expect.stringContaining('Is --url right?'),
    });
  });

  it('cannot be made to print what an entry holds as commands to the terminal', async () => {
    const value = 'x\u001b[2J\u202e';
    await run(['revoke', '--sid', value, '--issuer', deployment.issuer.url]);
    const found = await run(['lookup', '--sid', value, '--issuer', deployment.issuer.url]);
    expect(found.code).toBe(0);
    expect(found.out).toContain('x\\u{1b}[2J\\u{202e}');
  });

  it('every command has --help', async () => {
    for (const command of ['revoke', 'unrevoke', 'lookup', 'list']) {
      expect(await run([command, '--help'])).toMatchObject({
        code: 0,
        out: expect.stringContaining(`portcullis ${command}`),
      });
    }
    expect(await run(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('check') });
  });

  it('RFC 7009 and a pushed SET reach the gateway as well', async () => {
    const token = await accessToken({ client_id: 'web' });
    const response = await fetch(`${control.url}/oauth/revoke`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`web:${CLIENT_SECRET}`).toString('base64')}` },
      body: new URLSearchParams({ token }),
    });
    expect([response.status, await statusOf(token)]).toEqual([200, 401]);

    const other = await accessToken({ sub: 'trudy' });
    const set = await deployment.issuer.sign(
      {
        iss: deployment.issuer.url,
        aud: 'https://control.test/ssf',
        iat: Math.floor(Date.now() / 1000),
        jti: crypto.randomUUID(),
        sub_id: { format: 'iss_sub', iss: deployment.issuer.url, sub: 'trudy' },
        events: { 'https://schemas.openid.net/secevent/risc/event-type/account-disabled': {} },
      },
      { header: { typ: 'secevent+jwt' } },
    );
    const pushed = await fetch(`${control.url}/ssf/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/secevent+jwt' },
      body: set,
    });
    expect([pushed.status, await statusOf(other)]).toEqual([202, 401]);
  });

  it('answers 503 while Redis is silent, and the CLI says to run it again', async () => {
    const { token } = await newToken();
    deployment.pauseRedis();
    const ran = await run(['revoke', token]).finally(deployment.resumeRedis);
    expect(ran).toMatchObject({ code: 3, err: expect.stringContaining('Run it again in') });
    expect(await run(['revoke', token])).toMatchObject({ code: 0 });
    expect(await statusOf(token)).toBe(401);
  });

  const raw = (method: string, target: string, headers: readonly (readonly [string, string])[], body = '') =>
    rawRequest(control.port, requestBytes(method, target, [['Host', 'control.test'], ...headers], body));

  it('refuses two Authorization headers, whatever the second one is', async () => {
    const twice = await raw('GET', '/v1/revocations', [
      ['Authorization', `Bearer ${admin}`],
      ['Authorization', 'Basic eDp5'],
    ]);
    expect(twice.status).toBe(400);
  });

  it('stops at 64 KiB of a chunked body that announces no length', async () => {
    const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`;
    const response = await raw(
      'POST',
      '/logout/backchannel',
      [
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ['Transfer-Encoding', 'chunked'],
      ],
      `${chunk.repeat(6)}0\r\n\r\n`,
    );
    expect(response.status).toBe(413);
  });

  it.each([
    ['/v1/revocations/'],
    ['//v1/revocations'],
    ['/v1//revocations'],
    ['/v1/%2e/revocations'],
    ['/v1/revocations;a=b'],
    ['/v1/revocations%00'],
    ['/v1/../v1/revocations'],
    ['/v1/revocat%69ons'],
    ['/%76%31/revocations'],
    ['/v1/stor%65'],
    ['/.portcullis/%68ealth'],
  ])('serves exact paths only: %s', async (target) => {
    expect((await raw('GET', target, [['Authorization', `Bearer ${admin}`]])).status).toBe(404);
  });

  it.each(['0', '00'])('RFC 9110 §8.6: a length of %j is no body', async (length) => {
    const target = `/v1/revocations?issuer=${encodeURIComponent(deployment.issuer.url)}&jti=never-revoked`;
    const headers = [
      ['Authorization', `Bearer ${admin}`],
      ['Content-Length', length],
    ] as const;
    expect((await raw('DELETE', target, headers)).status).toBe(200);
    expect((await raw('POST', '/v1/store/adopt', headers)).status).toBe(200);
  });

  it.each(['a b', 'a:99999', '[::', 'a%zz'])('a Host that is none is 400: %j', async (host) => {
    const response = await rawRequest(control.port, requestBytes('GET', '/v1/revocations', [['Host', host]]));
    expect(response.status).toBe(400);
  });

  it.concurrent.each([
    ['a logout token', '/logout/backchannel', 'application/x-www-form-urlencoded', 'logout_token='],
    ['a SET', '/ssf/events', 'application/secevent+jwt', 'eyJ'],
  ])(
    'RFC 9110 §15.5.9: %s that is sent by half and then held back is answered all the same',
    async (_what, target, type, half) => {
      const head = requestBytes('POST', target, [
        ['Host', 'control.test'],
        ['Content-Type', type],
        ['Content-Length', '100'],
      ]);
      const [response] = await exchange(control.port, `${head}${half}`, { timeoutMs: 25_000 });
      expect(response?.status).toBe(408);
      // RFC 8935 §2.4: an error is for a transmitter that has done something wrong, and is for good.
      expect(response?.body).not.toContain('"err"');
    },
  );

  it('a body that breaks off is a refusal in the log, and no bug', async () => {
    const socket = await openSocket(control.port);
    const head = requestBytes('POST', '/logout/backchannel', [
      ['Host', 'control.test'],
      ['Content-Type', 'application/x-www-form-urlencoded'],
      ['Content-Length', '100'],
    ]);
    socket.end(`${head}logout_token=`);
    await control.logged(({ outcome, detail }) => outcome === 'refused' && detail === 'The body breaks off.');
    expect(control.logs().filter(({ event }) => event === 'internal_error')).toEqual([]);
  });

  it('writes no token and no identifier into its log', async () => {
    const { token, jti } = await newToken();
    await run(['revoke', token]);
    await run(['lookup', token]);
    expect(control.output()).not.toContain(jti);
    expect(control.output()).not.toContain(token.split('.')[1]);
    expect(control.output()).not.toContain(admin.split('.')[1]);
    expect(control.output()).not.toContain(CLIENT_SECRET);
  });

  it('does not say that a token is revoked whose key it may not ask for yet: a forged one spends no other’s time', async () => {
    const present = async (token: string) =>
      fetch(`${control.url}/oauth/revoke`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`web:${CLIENT_SECRET}`).toString('base64')}` },
        body: new URLSearchParams({ token }),
      });
    const forged = await deployment.issuer.sign({ client_id: 'web' }, { header: { kid: 'made-up' } });
    expect((await present(forged)).status).toBe(200);
    const rotated = await deployment.issuer.addKey('ES256', 'rotated-in');
    const token = await deployment.issuer.sign({ client_id: 'web' }, { key: rotated });
    const early = await present(token);
    expect(early.status).toBe(503);
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(5);
    expect(await control.logged(({ outcome }) => outcome === 'unavailable')).toMatchObject({ status: 503 });
  });
});
