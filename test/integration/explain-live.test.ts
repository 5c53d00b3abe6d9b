import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { run } from '../../src/cli/run.ts';
import { type Deployment, issuerTable, routeTables, startDeployment } from '../fixtures/deployment.ts';
import { AUDIENCE, startIssuer } from '../fixtures/issuer.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

completeRuntime();

/** The built Worker with a real deny-list, asked over HTTP. */
describe('/.portcullis/explain', () => {
  let deployment: Deployment;
  let origin: Awaited<ReturnType<typeof startOrigin>>;
  const stop: (() => Promise<void>)[] = [];
  let token: (claims: Record<string, unknown>) => Promise<string>;
  beforeAll(async () => {
    const [issuer, started] = await Promise.all([startIssuer(), startOrigin()]);
    origin = started;
    deployment = await startDeployment({
      ISSUERS: { main: issuerTable(issuer) },
      ROUTES: {
        ...routeTables(origin),
        reports: {
          path: '/explained/*',
          origin: origin.url,
          issuers: ['main'],
          scope: ['reports:read'],
          revocation: { mode: 'strict', timeout: '2s' },
        },
      },
      GATEWAY: { explain: { issuer: 'main', scope: ['gateway:explain'] } },
    });
    stop.push(
      () => issuer.stop(),
      () => origin.stop(),
      () => deployment.stop(),
    );
    token = (claims) => issuer.sign({ aud: AUDIENCE, ...claims });
  });
  afterAll(async () => {
    for (const end of stop.reverse()) await end();
  });

  /** Sent again while the deny-list of a busy machine does not answer in time about who asks. */
  const post = async (body: unknown, bearer?: string): Promise<Response> => {
    for (let left = 20; ; left--) {
      const response = await fetch(`${deployment.gateway.url}/.portcullis/explain`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      if (response.status !== 503 || left === 0) return response;
      await response.body?.cancel();
    }
  };

  const asked = (url: string, jwt: string) => ({
    method: 'GET',
    url,
    headers: [['Authorization', `Bearer ${jwt}`]],
  });
  const REPORT = 'https://api.example/explained/1';

  it('answers nobody without a token, and no token without the scope', async () => {
    expect((await post(asked(REPORT, 'x'))).status).toBe(401);
    expect((await post(asked(REPORT, 'x'), await token({ scope: 'gateway:status' }))).status).toBe(403);
    const got = await fetch(`${deployment.gateway.url}/.portcullis/explain`);
    expect(got.status).toBe(404);
  });

  it('tells the same people what its routes require, and nobody else, without origin, key or secret', async () => {
    const read = async (bearer?: string) => {
      for (let left = 20; ; left--) {
        const response = await fetch(`${deployment.gateway.url}/.portcullis/policy`, {
          headers: bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` },
        });
        if (response.status !== 503 || left === 0) return response;
        await response.body?.cancel();
      }
    };
    expect((await read()).status).toBe(401);
    expect((await read(await token({ scope: 'gateway:status' }))).status).toBe(403);
    const response = await read(await token({ scope: 'gateway:explain' }));
    expect([response.status, response.headers.get('Cache-Control')]).toEqual([200, 'no-store']);
    const text = await response.text();
    const { routes, candidate } = JSON.parse(text);
    expect(candidate).toBeNull();
    expect(routes.find(({ name }: { name: string }) => name === 'reports')).toEqual({
      name: 'reports',
      host: 'any',
      path: '/explained/*',
      methods: null,
      authentication: 'required',
      issuers: ['main'],
      sources: ['Authorization: Bearer'],
      requires: {
        kind: 'all',
        asks: 'all of these',
        of: [{ kind: 'scope', asks: 'scope reports:read', of: [] }],
      },
      revocation: { mode: 'strict', maxStalenessSeconds: 0, onUnavailable: 'reject' },
      enforce: 'refuse',
      limited: false,
    });
    expect(routes.find(({ name }: { name: string }) => name === 'public')).toMatchObject({
      authentication: 'none',
      issuers: [],
      sources: [],
    });
    expect(text).not.toContain(origin.url);
  });

  it('explains by the keys and the deny-list of the gateway, and asks no origin', async () => {
    const asker = await token({ scope: 'gateway:explain' });
    const jwt = await token({ scope: 'reports:read', jti: 'explained-1' });
    const response = await post(asked(REPORT, jwt), asker);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    const text = await response.text();
    expect(text).not.toContain(jwt.split('.')[2]);
    expect(JSON.parse(text)).toMatchObject({
      verdict: 'allowed',
      routes: { matched: 'reports' },
      token: { verified: true },
      requirement: { holds: true },
      answer: null,
    });
    const revocation = {
      kind: 'jti',
      issuer: JSON.parse(atob(jwt.split('.')[1] ?? '')).iss,
      value: 'explained-1',
    } as const;
    const now = Date.now() / 1000;
    await deployment.store.revoke([
      {
        predicate: revocation,
        expiresAt: now + 600,
        revokedAt: now,
        revokedBy: 'test',
        intake: 'test',
        reason: '',
      },
    ]);
    expect(await (await post(asked(REPORT, jwt), asker)).json()).toMatchObject({
      verdict: 'denied',
      reason: 'revoked',
      evidence: 'jti',
      answer: { status: 401 },
    });
    expect(origin.received.map(({ target }) => target)).toEqual([]);
  });

  it.each([
    ['no JSON', '{', 400],
    ['a member too many', { method: 'GET', url: REPORT, headers: [], token: 'x' }, 400],
    ['a relative URL', { method: 'GET', url: '/explained/1', headers: [] }, 400],
    ['a method that is none', { method: 'GE T', url: REPORT, headers: [] }, 400],
    ['headers that are no pairs', { method: 'GET', url: REPORT, headers: [['a', 'b', 'c']] }, 400],
    ['a header that cannot be sent', { method: 'GET', url: REPORT, headers: [['a', 'b\r\nc: d']] }, 400],
    ['more headers than are read', { method: 'GET', url: REPORT, headers: Array(101).fill(['a', 'b']) }, 400],
    ['more than 64 KiB', { method: 'GET', url: REPORT, headers: [['a', 'b'.repeat(70_000)]] }, 413],
  ])('refuses %s', async (_, body, status) => {
    expect((await post(body, await token({ scope: 'gateway:explain' }))).status).toBe(status);
  });

  it('keeps questions that arrive together apart', async () => {
    const asker = await token({ scope: 'gateway:explain' });
    const subjects = Array.from({ length: 20 }, (_, index) => `user-${index}`);
    const answers = await Promise.all(
      subjects.map(async (sub, index) => {
        const scope = index % 2 === 0 ? 'reports:read' : 'other';
        const response = await post(asked(REPORT, await token({ sub, scope })), asker);
        return (await response.json()) as { reason: string | null; token: { claims: { sub: string } } };
      }),
    );
    expect(answers.map(({ token: { claims } }) => claims.sub)).toEqual(subjects);
    expect(answers.map(({ reason }) => reason)).toEqual(
      subjects.map((_, index) => (index % 2 === 0 ? null : 'scope_insufficient')),
    );
  });

  it('is asked by portcullis explain --live', async () => {
    const ask = async (asker: string): Promise<{ code: number; out: string; err: string }> => {
      const jwt = await token({ scope: 'reports:write' });
      const { said, terminal } = recordingTerminal({
        readStdin: async () => jwt,
        environment: { PORTCULLIS_TOKEN: asker },
      });
      const code = await run(['explain', REPORT, '--token', '-', '--live', deployment.gateway.url], terminal);
      return code === 3 ? ask(asker) : { code, ...said };
    };
    const { code, out, err } = await ask(await token({ scope: 'gateway:explain' }));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('The route needs scope reports:read, and the token has "reports:write".');
    expect(out).not.toContain('NOT CHECKED');
    expect(await ask(await token({ scope: 'other' }))).toMatchObject({
      code: 1,
      err: expect.stringContaining('has not the scope of "explain"'),
    });
  });
});
