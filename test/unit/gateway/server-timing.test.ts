import { describe, expect, it } from 'vitest';
import type { Principal } from '../../../src/core/principal.ts';
import { maySeeTiming, type Timings, withServerTiming } from '../../../src/gateway/server-timing.ts';
import { anIssuer } from '../../fixtures/policies.ts';
import { aToken } from '../../fixtures/revocation.ts';

const GUARD = { profile: anIssuer(), scope: ['timing', 'read'] };
const holder = (scope: unknown, issuer = {}) =>
  ({ token: aToken(scope === undefined ? {} : { scope: scope as string }, { issuer }) }) as Principal;

describe('who may see timings', () => {
  it.each<[string, Principal | undefined, boolean]>([
    ['who has every scope', holder('read write timing'), true],
    ['who has them as a list', holder(['timing', 'read']), true],
    ['who has one of them', holder('timing'), false],
    ['who has a scope that only begins alike', holder('read timing-all'), false],
    ['who has none', holder(undefined), false],
    ['who has them of another table', holder('read timing', { name: 'other' }), false],
    ['who has them of another table of the same issuer', holder('read timing', { name: 'acme-ids' }), false],
    ['nobody', undefined, false],
  ])('%s', (_who, principal, may) => {
    expect(maySeeTiming(GUARD, principal)).toBe(may);
  });
});

describe('the Server-Timing of an answer', () => {
  const timings: Timings = { verifyMs: 0, revocationMs: 1.25, originMs: 37.5, totalMs: 39 };
  const ALL =
    'gateway-verification;dur=0, gateway-revocation;dur=1.25, gateway-origin;dur=37.5, gateway-total;dur=39';

  it('names the stages in their order, with what they took in milliseconds', async () => {
    const answer = withServerTiming(new Response('x', { status: 201, headers: { 'X-A': 'b' } }), timings);
    expect(answer.headers.get('Server-Timing')).toBe(ALL);
    expect([answer.status, answer.headers.get('X-A'), await answer.text()]).toEqual([201, 'b', 'x']);
  });

  it('stands after what the origin says in its own', () => {
    const headers = { 'Server-Timing': 'db;dur=53;desc="a, b"' };
    const answer = withServerTiming(new Response(null, { headers }), timings);
    expect(answer.headers.get('Server-Timing')).toBe(`db;dur=53;desc="a, b", ${ALL}`);
  });

  it('leaves out a stage that was not reached', () => {
    const answer = withServerTiming(new Response(), { ...timings, revocationMs: undefined });
    expect(answer.headers.get('Server-Timing')).toBe(ALL.replace('gateway-revocation;dur=1.25, ', ''));
  });

  it('is in no answer to a handshake', () => {
    const { 0: client } = new WebSocketPair();
    const response = new Response(null, { status: 101, webSocket: client });
    expect(withServerTiming(response, timings)).toBe(response);
  });
});
