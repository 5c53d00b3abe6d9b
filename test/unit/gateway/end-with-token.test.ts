import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OperationalEvent } from '../../../src/core/event.ts';
import type { RevocationPolicy, TokenProfile } from '../../../src/core/policy.ts';
import { err, ok } from '../../../src/core/result.ts';
import type { VerifiedToken } from '../../../src/core/verified-token.ts';
import { endWithToken, mayOutlive } from '../../../src/gateway/end-with-token.ts';
import type { RevocationCheck } from '../../../src/revocation/check.ts';
import { anAccess, anUpstream, NOW } from '../../fixtures/policies.ts';
import { aToken } from '../../fixtures/revocation.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: NOW * 1000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const clock = () => Date.now() / 1000;
const eventStream = () =>
  new Response(new ReadableStream(), { headers: { 'Content-Type': 'text/event-stream' } });

interface Watched {
  /** When the deny-list was asked, in seconds from the start, and how old its answer might be. */
  readonly asked: readonly (readonly [number, number])[];
  readonly ended: readonly OperationalEvent[];
  readonly endedAt: number | undefined;
}

async function watched(
  policy: Partial<RevocationPolicy>,
  token: VerifiedToken,
  { seconds = 12, refusedFrom = Number.POSITIVE_INFINITY, reason = 'revoked' as const } = {},
): Promise<Watched> {
  const asked: (readonly [number, number])[] = [];
  const ended: OperationalEvent[] = [];
  let endedAt: number | undefined;
  const check = (async (_token, { revocation }, context) => {
    const at = Math.round((context.now - NOW) * 10) / 10;
    asked.push([at, revocation.maxStalenessSeconds]);
    return at >= refusedFrom ? err({ reason, evidence: 'sub' }) : ok({} as never);
  }) satisfies RevocationCheck['check'];
  const emit = (event: OperationalEvent) => {
    ended.push(event);
    endedAt = Math.round((clock() - NOW) * 10) / 10;
  };
  const revocation = { ...anAccess().revocation, ...policy };
  endWithToken(eventStream(), { access: anAccess({ revocation }) }, token, {
    revocation: { check, replicaAgeSeconds: () => undefined },
    clock,
    context: { now: NOW, waitUntil: () => undefined, emit },
  });
  await vi.advanceTimersByTimeAsync(seconds * 1000);
  return { asked, ended, endedAt };
}

describe('how often the deny-list is asked', () => {
  it.each<[Partial<RevocationPolicy>, (readonly [number, number])[]]>([
    [
      { mode: 'strict' },
      [
        [5, 0],
        [10, 0],
      ],
    ],
    [
      { mode: 'cached', maxStalenessSeconds: 10 },
      [
        [5, 5],
        [10, 5],
      ],
    ],
    [
      { mode: 'replicated', maxStalenessSeconds: 8 },
      [
        [4, 4],
        [8, 4],
        [12, 4],
      ],
    ],
    [{ mode: 'off' }, []],
  ])('%j: interval and age of an answer together stay within the bound', async (policy, expected) => {
    const { asked } = await watched(policy, aToken({ sub: 'ada' }), { seconds: 12.5 });
    expect(asked.map(([at, staleness]) => [Math.round(at), staleness])).toEqual(expected);
  });

  it('ends with the first answer that the token is revoked', async () => {
    const policy = { mode: 'cached', maxStalenessSeconds: 4 } as const;
    const { ended } = await watched(policy, aToken({ sub: 'ada' }), { refusedFrom: 5 });
    expect(ended).toEqual([{ event: 'connection_ended', level: 'info', route: 'orders', cause: 'revoked' }]);
  });
});

describe('when the token ends', () => {
  const lasting = (times: Partial<VerifiedToken>, issuer: Partial<TokenProfile>): VerifiedToken =>
    ({
      ...aToken({ sub: 'ada' }, { issuer: { clockToleranceSeconds: 3, ...issuer } }),
      ...times,
    }) as VerifiedToken;

  it.each<[string, VerifiedToken, number | undefined]>([
    ['at its expiry and the tolerance', lasting({ exp: NOW + 4 }, {}), 7],
    ['at its greatest age', lasting({ exp: NOW + 900, iat: NOW }, { maxTokenAgeSeconds: 2 }), 5],
    ['at the sooner of the two', lasting({ exp: NOW + 1, iat: NOW }, { maxTokenAgeSeconds: 5 }), 4],
    ['never without either', lasting({ exp: undefined, iat: undefined }, {}), undefined],
    ['never where no time is judged', lasting({ exp: NOW + 1 }, { expiry: 'ignored' }), undefined],
  ])('%s', async (_, token, at) => {
    const { endedAt } = await watched({ mode: 'off' }, token);
    expect(endedAt === undefined ? undefined : Math.round(endedAt)).toBe(at);
  });
});

describe('mayOutlive', () => {
  const text = () => new Response('x', { headers: { 'Content-Type': 'text/plain' } });
  const typed = (type: string) => new Response('x', { headers: { 'Content-Type': type } });
  it.each<[string, Response, 'streams' | 'all' | 'never', boolean]>([
    ['an event stream', eventStream(), 'streams', true],
    ['with parameters', typed('text/event-stream; charset=utf-8'), 'streams', true],
    ['in capitals', typed('Text/Event-Stream'), 'streams', true],
    ['another type', typed('text/event-streams'), 'streams', false],
    ['text', text(), 'streams', false],
    ['text where all counts', text(), 'all', true],
    ['nothing', new Response(null), 'all', false],
    ['an event stream where none counts', eventStream(), 'never', false],
  ])('%s with %s', (_, response, endWith, expected) => {
    expect(mayOutlive(response, anUpstream({ endWithToken: endWith }))).toBe(expected);
  });
});
