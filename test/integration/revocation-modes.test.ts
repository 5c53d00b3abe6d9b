import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RevocationPredicate } from '../../src/core/revocation.ts';
import { bearer } from '../fixtures/client.ts';
import { type Deployment, issuerTable, startDeployment } from '../fixtures/deployment.ts';
import { AUDIENCE, type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { rawRequest, requestBytes } from '../fixtures/raw-http.ts';

const MAX_STALENESS_MS = 1_000;
const MODES = ['strict', 'cached', 'replicated'];

let origin: Origin;
let issuer: Issuer;
let deployment: Deployment;

beforeAll(async () => {
  [origin, issuer] = await Promise.all([startOrigin(), startIssuer()]);
  const routes = MODES.map((mode) => [
    mode,
    {
      path: `/${mode}`,
      origin: origin.url,
      issuers: ['main'],
      // However busy the machine: what is asked for here is an answer, not that there is one in time.
      revocation: { mode, timeout: '10s', ...(mode === 'strict' ? {} : { max_staleness: '1s' }) },
    },
  ]);
  deployment = await startDeployment({
    ISSUERS: { main: issuerTable(issuer, { tenant_claim: '/org/id' }) },
    ROUTES: Object.fromEntries(routes),
  });
});

afterAll(async () => {
  await deployment?.stop();
  await Promise.all([origin?.stop(), issuer?.stop()]);
});

const status = async (mode: string, token: string): Promise<number> => {
  const bytes = requestBytes('GET', `/${mode}`, [['Host', 'api.test'], bearer(token)]);
  return (await rawRequest(deployment.gateway.port, bytes)).status;
};

const inEveryMode = async (token: string): Promise<Record<string, number>> => {
  const statuses: Record<string, number> = {};
  for (const mode of MODES) statuses[mode] = await status(mode, token);
  return statuses;
};

const revoke = async (predicate: RevocationPredicate): Promise<void> => {
  const now = Math.floor(Date.now() / 1000);
  await deployment.store.revoke([
    { predicate, expiresAt: now + 600, revokedAt: now, revokedBy: 'test', intake: 'test', reason: 'test' },
  ]);
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const past = () => Math.floor(Date.now() / 1000) - 100;

const ALL_OPEN = { strict: 200, cached: 200, replicated: 200 };
const ALL_SHUT = { strict: 401, cached: 401, replicated: 401 };

/** What is revoked, a token it hits, and one just beside it. */
const CASES: readonly {
  readonly kind: RevocationPredicate['kind'];
  readonly hit: Record<string, unknown>;
  readonly beside: Record<string, unknown>;
  readonly predicate: (iss: string) => RevocationPredicate;
}[] = [
  {
    kind: 'jti',
    hit: { jti: 'one:%:é' },
    beside: { jti: 'one' },
    predicate: (iss) => ({ kind: 'jti', issuer: iss, value: 'one:%:é' }),
  },
  {
    kind: 'sub',
    hit: { sub: 'leaver', iat: past() },
    beside: { sub: 'leaver', iat: past() + 50 },
    predicate: (iss) => ({ kind: 'sub', issuer: iss, value: 'leaver', issuedBefore: past() + 20 }),
  },
  {
    kind: 'sid',
    hit: { sid: 'session-1' },
    beside: { sid: 'session-2' },
    predicate: (iss) => ({ kind: 'sid', issuer: iss, value: 'session-1' }),
  },
  {
    // Named by its hash, which the Worker takes from Node's API.
    kind: 'sid',
    hit: { sid: 'long-'.repeat(60) },
    beside: { sid: 'long-'.repeat(61) },
    predicate: (iss) => ({ kind: 'sid', issuer: iss, value: 'long-'.repeat(60) }),
  },
  {
    kind: 'client_id',
    hit: { azp: 'app', iat: past() },
    beside: { azp: 'other-app', iat: past() },
    predicate: (iss) => ({ kind: 'client_id', issuer: iss, value: 'app', issuedBefore: past() + 20 }),
  },
  {
    kind: 'tenant',
    hit: { org: { id: 7 }, iat: past() },
    beside: { org: { id: 77 }, iat: past() },
    predicate: (iss) => ({ kind: 'tenant', issuer: iss, value: '7', issuedBefore: past() + 20 }),
  },
];

describe('a revocation, in every mode', () => {
  it.each(CASES)('by $kind: refused within its bound, and the token beside it never', async (each) => {
    const [hit, beside] = await Promise.all([issuer.sign(each.hit), issuer.sign(each.beside)]);
    expect(await inEveryMode(hit)).toEqual(ALL_OPEN);
    expect(await inEveryMode(beside)).toEqual(ALL_OPEN);
    await revoke(each.predicate(issuer.url));
    expect(await status('strict', hit)).toBe(401);
    await pause(MAX_STALENESS_MS + 100);
    expect(await inEveryMode(hit)).toEqual(ALL_SHUT);
    expect(await inEveryMode(beside)).toEqual(ALL_OPEN);
  });

  it('a token without iat, which no watermark could hit for good, is refused', async () => {
    expect(await inEveryMode(await issuer.sign({ iat: undefined }))).toEqual(ALL_SHUT);
  });

  it('by kid: every token of that key', async () => {
    const key = await issuer.addKey('RS256', 'stolen');
    const stolen = await issuer.sign({}, { key });
    const other = await issuer.sign({}, { key: issuer.keys.find(({ alg }) => alg === 'ES256') ?? key });
    await expect.poll(() => inEveryMode(stolen), { timeout: 5_000 }).toEqual(ALL_OPEN);
    await revoke({ kind: 'kid', issuer: issuer.url, value: 'stolen' });
    await pause(MAX_STALENESS_MS + 100);
    expect(await inEveryMode(stolen)).toEqual(ALL_SHUT);
    expect(await inEveryMode(other)).toEqual(ALL_OPEN);
    issuer.removeKey('stolen');
  });

  it('of the same name at another issuer hits nothing here', async () => {
    const token = await issuer.sign({ jti: 'shared', aud: AUDIENCE });
    await revoke({ kind: 'jti', issuer: 'https://elsewhere.test', value: 'shared' });
    await pause(MAX_STALENESS_MS + 100);
    expect(await inEveryMode(token)).toEqual(ALL_OPEN);
  });
});
