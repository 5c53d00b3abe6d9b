import { describe, expect, it } from 'vitest';
import { longestRequestSeconds, MAX_OPEN, OpenRequests } from '../../../src/telemetry/open-requests.ts';
import { newRequestEvent, type RequestEvent } from '../../../src/telemetry/request-event.ts';
import { ARRIVAL } from '../../fixtures/arrival.ts';
import { anIssuer, anUpstream, aRoute, NOW } from '../../fixtures/policies.ts';

const LONGEST = 40;

function setUp() {
  const open = new OpenRequests(LONGEST);
  const written: RequestEvent[] = [];
  return {
    open,
    begin(at: number, route: string): RequestEvent {
      const event = newRequestEvent('GET', ARRIVAL);
      event.route = route;
      open.begin(event, at);
      return event;
    },
    writtenAt(now: number): (string | null)[] {
      written.length = 0;
      open.writeOff(now, (event) => written.push(event));
      return written.map((event) => event.route);
    },
    written,
  };
}

describe('OpenRequests', () => {
  it('writes off what nobody can be waiting for, once, and says why', () => {
    const { begin, writtenAt, written, open } = setUp();
    const left = begin(NOW, 'left');
    begin(NOW + 1, 'waiting');
    expect(writtenAt(NOW + LONGEST - 0.001)).toEqual([]);
    expect(writtenAt(NOW + LONGEST)).toEqual(['left']);
    expect(written[0]).toMatchObject({ reason: 'client_disconnected', decision: 'failed', status: 0 });
    expect(JSON.parse(JSON.stringify(written[0]))).not.toHaveProperty('totalMs');
    expect(open.end(left)).toBe(false);
    expect(writtenAt(NOW + LONGEST)).toEqual([]);
    expect(writtenAt(NOW + LONGEST + 1)).toEqual(['waiting']);
  });

  it('never writes off what has ended', () => {
    const { begin, writtenAt, open } = setUp();
    expect(open.end(begin(NOW, 'ended'))).toBe(true);
    expect(writtenAt(NOW + 10 * LONGEST)).toEqual([]);
  });

  it('finds a request that began after a look that found nothing', () => {
    const { begin, writtenAt } = setUp();
    expect(writtenAt(NOW)).toEqual([]);
    begin(NOW + 1, 'left');
    expect(writtenAt(NOW + 1 + LONGEST)).toEqual(['left']);
  });

  it('holds no more than its bound, the oldest going first', () => {
    const { begin, writtenAt } = setUp();
    for (let i = 0; i < MAX_OPEN + 2; i++) begin(NOW, `route-${i}`);
    expect(writtenAt(NOW)).toEqual(['route-0', 'route-1']);
    expect(writtenAt(NOW)).toEqual([]);
  });
});

describe('longestRequestSeconds', () => {
  it('covers the slowest route, deny-list read and keys of the policy', () => {
    const slow = aRoute({ upstream: anUpstream({ timeoutMs: 60_000 }) });
    const issuers = [anIssuer()];
    expect(longestRequestSeconds({ issuers, routes: [aRoute(), slow] })).toBe(65.25);
    expect(longestRequestSeconds({ issuers: [], routes: [] })).toBe(5);
  });
});
