import { beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '../../../src/core/policy.ts';
import { receive } from '../../../src/core/received-request.ts';
import { ok } from '../../../src/core/result.ts';
import { Candidate, keysOfBoth, liveVerdict } from '../../../src/gateway/candidate.ts';
import { createRevocation } from '../../../src/revocation/check.ts';
import { buildRouteTable } from '../../../src/routing/route-table.ts';
import { newRequestEvent, type RequestEvent } from '../../../src/telemetry/request-event.ts';
import { TokenCache } from '../../../src/tokens/token-cache.ts';
import { ARRIVAL } from '../../fixtures/arrival.ts';
import { anAccess, aProvider, aRoute, NOW, someClaims } from '../../fixtures/policies.ts';
import { newSigningKey, type SigningKey, sign } from '../../fixtures/tokens.ts';
import { aContext, keysInMemory } from '../../fixtures/verification.ts';

let key: SigningKey;
let token: string;
beforeAll(async () => {
  key = await newSigningKey('ES256');
  token = await sign(key, someClaims({ scope: 'read' }));
});

const anEvent = (set: Partial<RequestEvent>): RequestEvent => ({
  ...newRequestEvent('GET', ARRIVAL),
  route: 'orders',
  ...set,
});

const allowed = { route: 'orders', state: 'allowed', reason: null };

describe('liveVerdict', () => {
  it.each<[Partial<RequestEvent>, unknown]>([
    [{ decision: 'allowed' }, allowed],
    [
      { decision: 'denied', reason: 'expired' },
      { route: 'orders', state: 'denied', reason: 'expired' },
    ],
    [
      { decision: 'unknown', reason: 'keys_unavailable' },
      { route: 'orders', state: 'unknown', reason: 'keys_unavailable' },
    ],
    [
      { decision: 'denied', reason: 'route_not_found', route: null },
      { route: null, state: 'denied', reason: 'route_not_found' },
    ],
    [
      { decision: 'allowed', wouldRefuse: 'revoked' },
      { route: 'orders', state: 'denied', reason: 'revoked' },
    ],
    [{ decision: 'failed', reason: 'origin_timeout' }, allowed],
    [
      { decision: 'failed', reason: 'origin_unreachable', wouldRefuse: 'expired' },
      { route: 'orders', state: 'denied', reason: 'expired' },
    ],
    [{ decision: 'denied', reason: 'content_unexpected' }, allowed],
    [{ decision: 'denied', reason: 'content_incomplete' }, allowed],
    [{ decision: 'denied', reason: 'content_too_large' }, allowed],
    [{ decision: 'unknown', reason: 'signing_unavailable' }, allowed],
    [{ decision: 'denied', reason: 'rate_limited' }, undefined],
    [{ decision: 'denied', reason: 'address_held_off' }, undefined],
    [{ decision: 'failed', reason: 'internal_error' }, undefined],
    [{ decision: 'failed', reason: 'client_disconnected' }, undefined],
  ])('of %j', (set, expected) => expect(liveVerdict(anEvent(set))).toEqual(expected));
});

/** A candidate with these routes, asked about one request with the token. */
function aWorld(
  routes: readonly Route[],
  options: { share?: number; random?: number; fails?: boolean } = {},
) {
  const events: Record<string, unknown>[] = [];
  let work: Promise<unknown>[] = [];
  let reads = 0;
  const clock = () => NOW;
  const reader = {
    read: async (keys: readonly string[]) => {
      reads += 1;
      return ok({ epoch: 'e', values: keys.map(() => undefined) });
    },
  };
  const cache = new TokenCache({ entries: 10, bytes: 1e6 });
  const broken = {
    keysFor: () => {
      throw new RangeError('a bug');
    },
    status: () => [],
  };
  const candidate = new Candidate({
    routes: buildRouteTable(routes),
    decision: {
      verifier: { keys: options.fails ? broken : keysInMemory(() => [key.key]), cache },
      revocation: createRevocation({ reader, clock }),
      maxTokenBytes: 8_192,
      clock,
    },
    share: options.share ?? 100,
    random: () => options.random ?? 0,
  });
  const context = {
    ...aContext(),
    waitUntil: (each: Promise<unknown>) => work.push(each),
    emit: (event: Record<string, unknown>) => events.push(event),
  };
  const consider = (live: Partial<RequestEvent> = { decision: 'allowed' }, init: RequestInit = {}) => {
    const headers = { Authorization: `Bearer ${token}` };
    candidate.consider(
      receive(new Request('https://api.example/orders/1', { headers, ...init })),
      anEvent(live),
      context,
    );
    return work.length;
  };
  const settled = async () => {
    await Promise.all(work);
    work = [];
    return events;
  };
  return { consider, settled, reads: () => reads };
}

const needing = (value: string) =>
  aRoute({ access: anAccess({ requirement: { kind: 'scope', values: [value], match: 'all' } }) });

describe('Candidate', () => {
  it('is silent where both agree', async () => {
    const { consider, settled } = aWorld([needing('read')]);
    consider();
    expect(await settled()).toEqual([]);
  });

  it.each<[string, readonly Route[], Partial<RequestEvent>, object]>([
    [
      'refuses what is allowed',
      [needing('write')],
      { decision: 'allowed' },
      {
        ...allowed,
        candidateRoute: 'orders',
        candidateState: 'denied',
        candidateReason: 'scope_insufficient',
        candidateEvidence: 'scope write',
      },
    ],
    [
      'allows what is refused',
      [needing('read')],
      { decision: 'denied', reason: 'scope_insufficient' },
      {
        route: 'orders',
        state: 'denied',
        reason: 'scope_insufficient',
        candidateRoute: 'orders',
        candidateState: 'allowed',
        candidateReason: null,
      },
    ],
    [
      'refuses for another reason',
      [needing('write')],
      { decision: 'denied', reason: 'expired' },
      { reason: 'expired', candidateReason: 'scope_insufficient' },
    ],
    [
      'has another route',
      [aRoute({ name: 'others' })],
      { decision: 'allowed' },
      { route: 'orders', candidateRoute: 'others', candidateState: 'allowed' },
    ],
    [
      'has no route',
      [
        aRoute({
          match: { host: { kind: 'any' }, path: { kind: 'exact', value: '/x' }, methods: undefined },
        }),
      ],
      { decision: 'allowed' },
      { candidateRoute: null, candidateState: 'denied', candidateReason: 'route_not_found' },
    ],
  ])('tells where it %s', async (_, routes, live, expected) => {
    const { consider, settled } = aWorld(routes);
    consider(live);
    expect(await settled()).toEqual([
      expect.objectContaining({
        event: 'candidate_differs',
        level: 'info',
        reference: ARRIVAL.reference,
        ...expected,
      }),
    ]);
  });

  it.each([
    [10, 0.09, 1],
    [10, 0.1, 0],
    [100, 0.999, 1],
    [1, 0.5, 0],
  ])('takes a share of %i, at %d: %i', (share, random, taken) => {
    expect(aWorld([needing('read')], { share, random }).consider()).toBe(taken);
  });

  it('begins nothing before the response has gone, and at most ten at once', async () => {
    const { consider, settled, reads } = aWorld([needing('read')]);
    for (let i = 0; i < 12; i++) consider();
    expect([consider(), reads()]).toEqual([10, 0]);
    await settled();
    expect(reads()).toBe(10);
    expect(consider()).toBe(1);
  });

  it('looks at no preflight, and at nothing that was not decided', () => {
    const { consider } = aWorld([needing('read')]);
    const headers = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET' };
    expect(consider({ decision: 'allowed' }, { method: 'OPTIONS', headers })).toBe(0);
    expect(consider({ decision: 'denied', reason: 'rate_limited' })).toBe(0);
  });

  it('tells of a bug, and goes on', async () => {
    const { consider, settled } = aWorld([needing('read')], { fails: true });
    consider();
    expect(await settled()).toEqual([
      { event: 'candidate_failed', level: 'warn', reference: ARRIVAL.reference, kind: 'RangeError' },
    ]);
    expect(consider()).toBe(1);
  });
});

describe('keysOfBoth', () => {
  it('asks the live source for the live issuers, by identity', () => {
    const asked: string[] = [];
    const source = (name: string) => ({
      keysFor: () => {
        asked.push(name);
        return { ok: true as const, value: { keys: [], conclusive: true } };
      },
      status: () => [],
    });
    const live = aProvider();
    const keys = keysOfBoth(source('live'), [live], source('others'));
    for (const provider of [live, aProvider()]) keys.keysFor(provider, { alg: 'ES256' } as never, aContext());
    expect(asked).toEqual(['live', 'others']);
  });
});
