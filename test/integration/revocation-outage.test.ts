import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, send } from '../fixtures/client.ts';
import { type Deployment, issuerTable, startDeployment } from '../fixtures/deployment.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';

const MAX_STALENESS_MS = 1_000;
const MODES = ['strict', 'cached', 'replicated'];
const ALL_OPEN = { strict: 200, cached: 200, replicated: 200 };
const ALL_SHUT = { strict: 401, cached: 401, replicated: 401 };

describe('an outage', () => {
  let origin: Origin;
  let issuer: Issuer;
  let deployment: Deployment;

  beforeAll(async () => {
    [origin, issuer] = await Promise.all([startOrigin(), startIssuer()]);
    const routes = MODES.map((mode) => {
      const revocation = { mode, timeout: '2s', ...(mode === 'strict' ? {} : { max_staleness: '1s' }) };
      return [mode, { path: `/${mode}`, origin: origin.url, issuers: ['main'], revocation }];
    });
    const vars = { ISSUERS: { main: issuerTable(issuer) }, ROUTES: Object.fromEntries(routes) };
    deployment = await startDeployment(vars);
  });

  afterAll(async () => {
    await deployment?.stop();
    await Promise.all([origin?.stop(), issuer?.stop()]);
  });

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  const inEveryMode = async (token: string): Promise<Record<string, number>> => {
    const statuses: Record<string, number> = {};
    for (const mode of MODES) {
      const { response } = await send(deployment.gateway, 'GET', `/${mode}`, [bearer(token)]);
      statuses[mode] = response.status;
    }
    return statuses;
  };

  it('is doubt in every mode once the bound has passed; what was revoked stays revoked', async () => {
    const [live, revoked] = await Promise.all([issuer.sign(), issuer.sign({ jti: 'before-the-outage' })]);
    const now = Math.floor(Date.now() / 1000);
    const predicate = { kind: 'jti', issuer: issuer.url, value: 'before-the-outage' } as const;
    const audit = { revokedAt: now, revokedBy: 'test', intake: 'test', reason: 'test' };
    await deployment.store.revoke([{ predicate, expiresAt: now + 600, ...audit }]);
    await pause(MAX_STALENESS_MS + 100);
    expect(await inEveryMode(live)).toEqual(ALL_OPEN);
    expect(await inEveryMode(revoked)).toEqual(ALL_SHUT);
    deployment.pauseRedis();
    await pause(MAX_STALENESS_MS + 100);
    expect(await inEveryMode(live)).toEqual({ strict: 503, cached: 503, replicated: 503 });
    for (const code of Object.values(await inEveryMode(revoked))) expect([401, 503]).toContain(code);
    deployment.resumeRedis();
    await expect.poll(() => inEveryMode(live), { timeout: 10_000 }).toEqual(ALL_OPEN);
    expect(await inEveryMode(revoked)).toEqual(ALL_SHUT);
  });
});
