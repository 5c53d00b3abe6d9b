import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, issuerTable, routeTables, startDeployment } from '../fixtures/deployment.ts';
import { AUDIENCE, startIssuer } from '../fixtures/issuer.ts';
import { startOrigin } from '../fixtures/origin.ts';

/** The status endpoint, and the replicated mode whose age it shows, on the built Worker with a real Redis. */
describe('/.portcullis/status', () => {
  let deployment: Deployment;
  const stop: (() => Promise<void>)[] = [];
  let token: (claims: Record<string, unknown>) => Promise<string>;
  beforeAll(async () => {
    const [issuer, origin] = await Promise.all([startIssuer(), startOrigin()]);
    deployment = await startDeployment({
      ISSUERS: { main: issuerTable(issuer) },
      ROUTES: {
        ...routeTables(origin),
        replicated: {
          path: '/replicated/*',
          origin: origin.url,
          issuers: ['main'],
          revocation: { mode: 'replicated', max_staleness: '2s', timeout: '10s' },
        },
      },
      GATEWAY: { status: { issuer: 'main', scope: ['gateway:status'] } },
    });
    await deployment.store.maintain?.(Date.now() / 1000);
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

  const get = async (path: string, bearer?: string) =>
    fetch(`${deployment.gateway.url}${path}`, {
      headers: bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` },
    });

  it('answers nobody without a token, and no token without the scope', async () => {
    expect((await get('/.portcullis/status')).status).toBe(401);
    expect((await get('/.portcullis/status', await token({ scope: 'orders:read' }))).status).toBe(403);
  });

  it('shows keys and replica to whom the configuration names, and never caches', async () => {
    expect((await get('/replicated/x', await token({}))).status).toBe(200);
    const response = await get('/.portcullis/status', await token({ scope: 'gateway:status' }));
    expect(response.status).toBe(200);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    const report = (await response.json()) as { revocation: { store: object } };
    expect(report).toMatchObject({
      jwks: [{ issuer: 'main', from: 'remote', state: 'fresh', refreshing: false }],
      revocation: { store: { name: expect.any(String), epoch: expect.any(String) } },
    });
    expect(JSON.stringify(report)).not.toContain('eyJ');
    expect(report.revocation.store).not.toHaveProperty('doubt');
  });

  it('is refused to a revoked token like any route', async () => {
    const jti = `status-${Date.now()}`;
    const bearer = await token({ scope: 'gateway:status', jti });
    expect((await get('/.portcullis/status', bearer)).status).toBe(200);
    await deployment.store.revoke([
      {
        predicate: { kind: 'jti', issuer: JSON.parse(atob(bearer.split('.')[1] ?? '')).iss, value: jti },
        expiresAt: Date.now() / 1000 + 600,
        revokedAt: Date.now() / 1000,
        revokedBy: 'test',
        intake: 'test',
        reason: '',
      },
    ]);
    expect((await get('/.portcullis/status', bearer)).status).toBe(401);
  });

  it('the replica follows a revocation within max_staleness, and the event tells its age', async () => {
    const jti = `replicated-${Date.now()}`;
    const bearer = await token({ jti });
    expect((await get('/replicated/x', bearer)).status).toBe(200);
    await deployment.store.revoke([
      {
        predicate: { kind: 'jti', issuer: JSON.parse(atob(bearer.split('.')[1] ?? '')).iss, value: jti },
        expiresAt: Date.now() / 1000 + 600,
        revokedAt: Date.now() / 1000,
        revokedBy: 'test',
        intake: 'test',
        reason: '',
      },
    ]);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect((await get('/replicated/x', bearer)).status).toBe(401);
    expect((await get('/replicated/x', await token({}))).status).toBe(200);
    await deployment.gateway.logged(
      (line) => line.route === 'replicated' && typeof line.replicaAgeSeconds === 'number',
    );
  });
});
