import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, type HeaderLines, send, tally } from '../fixtures/client.ts';
import { type Deployment, issuerTable, routeTables, startDeployment } from '../fixtures/deployment.ts';
import { startIssuer } from '../fixtures/issuer.ts';
import { echo, startOrigin } from '../fixtures/origin.ts';

let deployment: Deployment;
let token: string;

beforeAll(async () => {
  const origin = await startOrigin();
  const other = await startIssuer();
  const guarded = { origin: origin.url, issuers: ['main'], headers: { 'X-User-Id': 'sub' } };
  deployment = await startDeployment(
    {
      ISSUERS_MORE: { other: issuerTable(other) },
      ROUTES: {
        ...routeTables(origin),
        report: {
          ...guarded,
          path: '/report/*',
          methods: ['GET'],
          scope: ['orders:read'],
          enforce: 'report',
        },
        forwarding: { ...guarded, path: '/forwarding', enforce: 'report', forward_token: true },
        live: { ...guarded, path: '/live/*' },
      },
      CANDIDATE_ROUTES: {
        live: { ...guarded, path: '/live/*', scope: ['orders:write'] },
        orders: { ...guarded, path: '/orders/*', issuers: ['other'] },
      },
      GATEWAY: { candidate_share: 100 },
    },
    { origin },
  );
  token = await deployment.issuer.sign({ sub: 'ada', scope: 'orders:read' });
});
afterAll(() => deployment?.stop());

const ask = async (method: string, target: string, headers: HeaderLines = []) => {
  const sent = await send(deployment.gateway, method, target, headers);
  const seen = deployment.origin.received.at(-1);
  return { ...sent, user: seen?.values('x-user-id'), authorization: seen?.values('authorization') };
};

const differences = () => deployment.gateway.logs().filter(({ event }) => event === 'candidate_differs');

describe('a route that only reports', () => {
  it('says so in the log as it starts', async () => {
    await ask('GET', '/public/1');
    expect(await deployment.gateway.logged(({ path }) => path === 'ROUTES.report.enforce')).toMatchObject({
      event: 'config_warning',
    });
  });

  it('lets pass what is allowed, as whom it is', async () => {
    const { response, event, user } = await ask('GET', '/report/1', [bearer(token)]);
    expect([response.status, user]).toEqual([200, ['ada']]);
    expect(event).toMatchObject({ decision: 'allowed', reason: null });
    expect(event.wouldRefuse).toBeUndefined();
  });

  it.each<[string, () => Promise<HeaderLines>, string, string | undefined]>([
    ['no token', async () => [], 'credentials_missing', undefined],
    ['a bad one', async () => [['Authorization', 'Bearer a.b.c']], 'token_malformed', undefined],
    ['two', async () => [bearer(token), bearer(token)], 'credentials_multiple', 'authorization_twice'],
    [
      'a narrow one',
      async () => [bearer(await deployment.issuer.sign({ scope: 'x' }))],
      'scope_insufficient',
      'scope orders:read',
    ],
  ])('lets pass as nobody what has %s, and says what it would do', async (_, headers, reason, evidence) => {
    const { response, event, user, authorization } = await ask('GET', '/report/1', [
      ['X-User-Id', 'root'],
      ['x_user_id', 'root'],
      ...(await headers()),
    ]);
    expect([response.status, user, authorization]).toEqual([200, [], []]);
    expect(deployment.origin.received.at(-1)?.values('x_user_id')).toEqual([]);
    expect(event).toMatchObject({ decision: 'allowed', reason: null, wouldRefuse: reason, status: 200 });
    if (evidence !== undefined) expect(event.evidence).toBe(evidence);
  });

  it('forwards a token that is good, and none that would be refused', async () => {
    const good = await ask('GET', '/forwarding', [bearer(token)]);
    expect([good.authorization, good.user]).toEqual([[`Bearer ${token}`], ['ada']]);
    const { authorization, user, event } = await ask('GET', '/forwarding', [
      ['Authorization', 'Bearer a.b.c'],
    ]);
    expect([authorization, user, event.wouldRefuse]).toEqual([[], [], 'token_malformed']);
  });

  it.each([
    ['POST', '/report/1', 405],
    ['GET', '/report/..%2fadmin', 400],
  ])('still refuses %s %s', async (method, target, status) => {
    const before = tally(deployment).atOrigin;
    expect((await ask(method, target, [bearer(token)])).response.status).toBe(status);
    expect(tally(deployment).atOrigin).toBe(before);
  });
});

describe('a candidate policy', () => {
  it('changes nothing, and tells what it would have done otherwise', async () => {
    deployment.origin.respondWith(echo);
    const before = tally(deployment).atOrigin;
    const { response, event, user } = await ask('GET', '/live/1', [bearer(token)]);
    expect([response.status, user, event.decision]).toEqual([200, ['ada'], 'allowed']);
    const told = await deployment.gateway.logged(
      ({ event: name, reference }) => name === 'candidate_differs' && reference === event.reference,
    );
    expect(told).toMatchObject({
      route: 'live',
      state: 'allowed',
      reason: null,
      candidateRoute: 'live',
      candidateState: 'denied',
      candidateReason: 'scope_insufficient',
    });
    expect(JSON.stringify(told)).not.toContain('ada');
    expect(tally(deployment).atOrigin).toBe(before + 1);
  });

  it('has routes that take other issuers, by the live keys of these', async () => {
    const { response, event } = await ask('GET', '/orders/1', [bearer(token)]);
    expect(response.status).toBe(200);
    expect(
      await deployment.gateway.logged(
        ({ event: name, reference }) => name === 'candidate_differs' && reference === event.reference,
      ),
    ).toMatchObject({ candidateReason: 'issuer_untrusted', candidateState: 'denied' });
  });

  it('is silent about what it does not change, and about what both refuse alike', async () => {
    const before = differences().length;
    await ask('GET', '/public/1');
    await ask('GET', '/live/1');
    await ask('GET', '/nowhere');
    await ask('GET', '/admin', [bearer(token)]);
    // One that differs, so that those before it have been looked at.
    const { event } = await ask('GET', '/live/2', [bearer(token)]);
    await deployment.gateway.logged(
      ({ event: name, reference }) => name === 'candidate_differs' && reference === event.reference,
    );
    expect(differences().length).toBe(before + 1);
  });
});
