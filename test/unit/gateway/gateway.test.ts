import { beforeAll, describe, expect, it } from 'vitest';
import type { OperationalEvent } from '../../../src/core/event.ts';
import type { Policy, Route } from '../../../src/core/policy.ts';
import { receive } from '../../../src/core/received-request.ts';
import { err, ok } from '../../../src/core/result.ts';
import { completedRoutes } from '../../../src/gateway/complete-answer.ts';
import { type Gateway, handle, type Pipeline } from '../../../src/gateway/gateway.ts';
import { statusPipeline } from '../../../src/gateway/status.ts';
import { createRevocation } from '../../../src/revocation/check.ts';
import type { RevocationReader } from '../../../src/revocation/port.ts';
import { buildRouteTable } from '../../../src/routing/route-table.ts';
import { OpenRequests } from '../../../src/telemetry/open-requests.ts';
import type { RequestEvent } from '../../../src/telemetry/request-event.ts';
import { toAll } from '../../../src/telemetry/sinks.ts';
import { TokenCache } from '../../../src/tokens/token-cache.ts';
import { anAccess, anIssuer, anUpstream, aRoute, NOW, someClaims } from '../../fixtures/policies.ts';
import { newSigningKey, type SigningKey, sign } from '../../fixtures/tokens.ts';
import { keysInMemory } from '../../fixtures/verification.ts';

let key: SigningKey;
let token: string;
beforeAll(async () => {
  key = await newSigningKey('ES256');
  token = await sign(key, someClaims({ scope: 'status:read' }));
});

const profile = anIssuer();
const STATUS: Policy['status'] = { profile, scope: ['status:read'] };

/** A gateway whose origin is a service of ours, whose sink is a list, and whose deny-list answers as told. */
function aGateway(
  routes: readonly Route[],
  options: {
    reader?: RevocationReader;
    status?: Policy['status'];
    serverTiming?: Policy['serverTiming'];
    answer?: () => Promise<Response>;
  } = {},
) {
  const seen: Request[] = [];
  const events: (RequestEvent | OperationalEvent)[] = [];
  const clock = () => NOW;
  const reader: RevocationReader = options.reader ?? {
    read: async (keys) => ok({ epoch: 'e', values: keys.map(() => undefined) }),
  };
  const policy: Policy = {
    issuers: [profile],
    routes,
    resources: [],
    candidate: undefined,
    failedAuthenticationLimit: undefined,
    mappedHeaders: new Set(['x-user']),
    maxTokenBytes: 8_192,
    tokenCache: { entries: 10, bytes: 1e6 },
    signing: undefined,
    revocationEpoch: undefined,
    realm: 'api',
    logClientAddress: true,
    makeTraceparent: false,
    events: undefined,
    status: options.status,
    explain: undefined,
    serverTiming: options.serverTiming,
  };
  const origin = {
    fetch: async (input: RequestInfo, init?: RequestInit) => {
      seen.push(new Request(input, init));
      return options.answer === undefined ? new Response('from the origin') : options.answer();
    },
  };
  const gateway: Gateway = {
    policy,
    routes: buildRouteTable(routes),
    verifier: { keys: keysInMemory(() => [key.key]), cache: new TokenCache({ entries: 10, bytes: 1e6 }) },
    revocation: createRevocation({ reader, clock }),
    maxTokenBytes: policy.maxTokenBytes,
    mappedHeaders: policy.mappedHeaders,
    headerSecrets: new Map(),
    signer: undefined,
    services: new Map([['ORIGIN', origin as Fetcher]]),
    completed: completedRoutes(routes),
    resources: undefined,
    candidate: undefined,
    counters: undefined,
    open: new OpenRequests(60),
    emit: toAll([(event) => events.push(event)]),
    clock,
  };
  const ask = (init: RequestInit = {}, pipeline?: Pipeline, path = '/orders/1') =>
    handle(
      gateway,
      receive(new Request(`https://api.example${path}`, init)),
      { now: NOW, waitUntil: () => {}, emit: gateway.emit },
      pipeline,
    );
  return { gateway, ask, seen, events };
}

const upstream = anUpstream({
  origin: { kind: 'service', binding: 'ORIGIN' },
  headers: [{ header: 'X-User', claim: ['sub'], type: 'any' }],
});
const profiles = new Map([[profile.issuer, [profile]]]);
const GUARDED = aRoute({ access: anAccess({ profiles }), upstream });
const bearer = () => ({ Authorization: `Bearer ${token}` });

describe('handle', () => {
  it('decides, forwards who it is and tells of it, once', async () => {
    const { ask, seen, events } = aGateway([GUARDED]);
    const response = await ask({ headers: { ...bearer(), 'X-User': 'root' } });
    expect(await response.text()).toBe('from the origin');
    expect(seen[0]?.headers.get('X-User')).toBe('user-42');
    expect(seen[0]?.headers.get('Authorization')).toBeNull();
    expect(events).toEqual([
      expect.objectContaining({
        event: 'request',
        route: 'orders',
        decision: 'allowed',
        reason: null,
        status: 200,
        issuer: 'acme',
        kid: key.key.kid,
        revocation: 'checked',
      }),
    ]);
  });

  it.each<[string, RevocationReader['read'], number, object]>([
    [
      'revoked',
      async (keys) =>
        ok({ epoch: 'e', values: keys.map(() => ({ issuedBefore: NOW, expiresAt: undefined })) }),
      401,
      { decision: 'denied', reason: 'revoked', evidence: 'jti', issuer: 'acme' },
    ],
    [
      'not known',
      async () => err('timeout'),
      503,
      { decision: 'unknown', reason: 'revocation_unavailable', evidence: 'timeout', issuer: 'acme' },
    ],
  ])('sends nothing to the origin for a token that is %s', async (_what, read, status, event) => {
    const { ask, seen, events } = aGateway([GUARDED], { reader: { read } });
    const response = await ask({ headers: bearer() });
    expect([response.status, seen.length]).toEqual([status, 0]);
    expect(response.headers.get('Retry-After')).toBe(status === 503 ? '5' : null);
    expect(events).toEqual([expect.objectContaining(event)]);
  });

  it('answers what a pipeline throws with 500, and tells its kind alone', async () => {
    const { ask, events } = aGateway([]);
    const response = await ask({}, () => Promise.reject(new RangeError(`secret ${token}`)));
    expect(response.status).toBe(500);
    expect(events).toEqual([
      expect.objectContaining({ decision: 'failed', reason: 'internal_error', evidence: 'RangeError' }),
    ]);
  });

  it('does not tell again of a request that was written off while it was open', async () => {
    const { gateway, ask, events } = aGateway([]);
    const response = await ask({}, async () => {
      gateway.open.writeOff(NOW + 61, gateway.emit);
      return ok(new Response('late'));
    });
    expect(await response.text()).toBe('late');
    expect(events).toHaveLength(1);
  });

  it('names the scope that was wanting, in the event', async () => {
    const requirement = { kind: 'scope', values: ['a', 'b'], match: 'all' } as const;
    const { ask, events } = aGateway([aRoute({ access: anAccess({ profiles, requirement }), upstream })]);
    expect((await ask({ headers: bearer() })).status).toBe(403);
    expect(events).toEqual([expect.objectContaining({ decision: 'denied', evidence: 'scope a b' })]);
  });

  it('lets a preflight through without credentials, whatever the route asks and forwards', async () => {
    const open = { ...upstream, preflight: 'origin', forwardToken: true } as const;
    const { ask, seen, events } = aGateway([aRoute({ access: anAccess({ profiles }), upstream: open })]);
    const headers = { ...bearer(), Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET' };
    expect((await ask({ method: 'OPTIONS', headers })).status).toBe(200);
    expect(seen[0]?.headers.get('Authorization')).toBeNull();
    expect(seen[0]?.headers.get('X-User')).toBeNull();
    expect(events).toEqual([expect.objectContaining({ route: 'orders', decision: 'allowed' })]);
    expect((await ask({ headers: bearer() })).status).toBe(200);
    expect(seen[1]?.headers.get('Authorization')).toBe(`Bearer ${token}`);
  });
});

describe('Server-Timing', () => {
  const serverTiming = { profile, scope: ['status:read'] };
  const open = aRoute({ access: anAccess({ authentication: 'none', profiles: new Map() }), upstream });
  const timing = async (routes: readonly Route[], options: Parameters<typeof aGateway>[1], init = {}) =>
    (await aGateway(routes, options).ask(init)).headers.get('Server-Timing');

  it('is for those whose token says that they may, and for nobody unless configured', async () => {
    const headers = bearer();
    expect(await timing([GUARDED], { serverTiming }, { headers })).toBe(
      'gateway-verification;dur=0, gateway-revocation;dur=0, gateway-origin;dur=0, gateway-total;dur=0',
    );
    expect(await timing([GUARDED], {}, { headers })).toBeNull();
    const other = { profile, scope: ['status:read', 'other'] };
    expect(await timing([GUARDED], { serverTiming: other }, { headers })).toBeNull();
  });

  it('is on the answer in place of one that does not come, for the same people', async () => {
    const answer = () => Promise.reject(new TypeError('no route to it'));
    const ask = (serverTiming: Policy['serverTiming']) =>
      aGateway([GUARDED], { serverTiming, answer }).ask({ headers: bearer() });
    const seen = await ask(serverTiming);
    expect([seen.status, seen.headers.get('Content-Type')]).toEqual([502, 'application/problem+json']);
    expect(seen.headers.get('Server-Timing')).toBe(
      'gateway-verification;dur=0, gateway-revocation;dur=0, gateway-origin;dur=0, gateway-total;dur=0',
    );
    expect(await seen.json()).toMatchObject({ status: 502 });
    const other = await ask({ profile, scope: ['status:read', 'other'] });
    expect([other.status, other.headers.get('Server-Timing')]).toEqual([502, null]);
    const nobody = await aGateway([open], { serverTiming, answer }).ask({ headers: bearer() });
    expect([nobody.status, nobody.headers.get('Server-Timing')]).toEqual([502, null]);
  });

  it('is for nobody who was refused, or whom nobody has asked who they are', async () => {
    const options = { serverTiming };
    const headers = bearer();
    expect(await timing([open], options, { headers })).toBeNull();
    const requirement = { kind: 'scope', values: ['more'], match: 'all' } as const;
    const refusing = aRoute({ access: anAccess({ profiles, requirement }), upstream });
    expect(await timing([refusing], options, { headers })).toBeNull();
    expect(await timing([{ ...refusing, enforce: 'report' }], options, { headers })).toBeNull();
    const read: RevocationReader['read'] = async (keys) =>
      ok({ epoch: 'e', values: keys.map(() => ({ issuedBefore: NOW, expiresAt: undefined })) });
    const revoked = { serverTiming, reader: { read } };
    expect(await timing([{ ...GUARDED, enforce: 'report' }], revoked, { headers })).toBeNull();
  });
});

describe('keep_headers', () => {
  it("lets another proxy's header of that name through, and that one alone", async () => {
    const kept = { ...upstream, keepHeaders: ['Cf-Access-Jwt-Assertion'] } as const;
    const { ask, seen } = aGateway([aRoute({ access: anAccess({ profiles }), upstream: kept })]);
    const headers = { ...bearer(), 'Cf-Access-Jwt-Assertion': 'a', 'Remote-User': 'b' };
    expect((await ask({ headers })).status).toBe(200);
    expect(seen[0]?.headers.get('Cf-Access-Jwt-Assertion')).toBe('a');
    expect(seen[0]?.headers.get('Remote-User')).toBeNull();
  });
});

describe('the status endpoint', () => {
  const path = '/.portcullis/status';

  it('is decided like any route, and is told of', async () => {
    const { gateway, ask, events } = aGateway([GUARDED], { status: STATUS });
    const response = await ask({ headers: bearer() }, statusPipeline(gateway.policy), path);
    expect(await response.json()).toMatchObject({ now: NOW, verifiedTokens: 1 });
    expect(events).toEqual([
      expect.objectContaining({ route: 'portcullis-status', decision: 'allowed', revocation: 'checked' }),
    ]);
    expect((await ask({}, statusPipeline(gateway.policy), path)).status).toBe(401);
  });

  it('asks for its scope, and asks no deny-list where no route does', async () => {
    const off = { ...GUARDED.access, revocation: { ...GUARDED.access.revocation, mode: 'off' } } as const;
    const status = { profile, scope: ['other'] };
    const { gateway, ask, events } = aGateway([aRoute({ access: off, upstream })], { status });
    expect((await ask({ headers: bearer() }, statusPipeline(gateway.policy), path)).status).toBe(403);
    expect(events).toEqual([expect.objectContaining({ revocation: 'off', evidence: 'scope other' })]);
  });

  it('is not there where the configuration grants it to nobody', async () => {
    const { gateway, ask } = aGateway([GUARDED]);
    expect((await ask({ headers: bearer() }, statusPipeline(gateway.policy), path)).status).toBe(404);
  });
});
