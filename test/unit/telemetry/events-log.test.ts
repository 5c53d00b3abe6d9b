import { describe, expect, it } from 'vitest';
import type { EventsPolicy } from '../../../src/core/events-policy.ts';
import { EventsLog } from '../../../src/telemetry/events-log.ts';
import { newRequestEvent, type RequestEvent } from '../../../src/telemetry/request-event.ts';
import type { Sink } from '../../../src/telemetry/sinks.ts';
import { ARRIVAL } from '../../fixtures/arrival.ts';

function logging(policy: Omit<EventsPolicy, 'names'>, random: () => number = () => 0.5) {
  const lines: Parameters<Sink>[0][] = [];
  const log = new EventsLog(policy, (event) => void lines.push(event), random);
  return {
    lines,
    log,
    request: (fields: Partial<RequestEvent>) =>
      log.sink({ ...newRequestEvent('GET', ARRIVAL), time: 100, ...fields }),
    /** What was told, by reason or by name. */
    told: () =>
      lines.map((line) =>
        'count' in line ? [line.event, line.reason, line.count, line.second] : line.reason,
      ),
  };
}

const allowed = { decision: 'allowed' } as const;
const refused = { decision: 'denied', reason: 'expired' } as const;

describe('the share of allowed requests', () => {
  it.each([
    [0, 0.0, false],
    [10, 0.0999, true],
    [10, 0.1, false],
    [99, 0.9899, true],
    [99, 0.99, false],
    [100, 0.9999, true],
  ])('%i of 100, drawn %d: %j', (allowedShare, drawn, isTold) => {
    const { request, lines } = logging({ allowedShare, maxPerSecond: undefined }, () => drawn);
    request(allowed);
    expect(lines).toHaveLength(isTold ? 1 : 0);
  });

  it('touches no refusal, no request that would be refused, and no other event', () => {
    const { request, log, lines } = logging({ allowedShare: 0, maxPerSecond: undefined });
    request(refused);
    request({ ...allowed, wouldRefuse: 'expired' });
    request({ decision: 'unknown', reason: 'keys_unavailable' });
    request({ decision: 'failed', reason: 'client_disconnected' });
    log.sink({ event: 'jwks_refreshed', level: 'info' });
    expect(lines).toHaveLength(5);
  });
});

describe('the cap', () => {
  it('is for each second and reason, and one line tells of the rest', () => {
    const { request, told } = logging({ allowedShare: 100, maxPerSecond: 2 });
    for (let i = 0; i < 5; i++) request({ ...refused, time: 100 + i / 10 });
    for (let i = 0; i < 3; i++) request({ decision: 'denied', reason: 'revoked', time: 100.9 });
    request({ ...allowed, time: 100.95 });
    expect(told()).toEqual(['expired', 'expired', 'revoked', 'revoked', null]);
    request({ ...allowed, time: 101 });
    expect(told().slice(5)).toEqual([
      ['events_left_out', 'expired', 3, 100],
      ['events_left_out', 'revoked', 1, 100],
      null,
    ]);
    for (let i = 0; i < 3; i++) request({ ...refused, time: 101 });
    expect(told().slice(8)).toEqual(['expired', 'expired']);
    request({ ...allowed, time: 150 });
    expect(told().slice(10)).toEqual([['events_left_out', 'expired', 1, 101], null]);
  });

  it('counts a request that took long in the second in which it ended', () => {
    const { request, told } = logging({ allowedShare: 100, maxPerSecond: 1 });
    request(refused);
    request({ ...refused, totalMs: 5_000 });
    request({ ...refused, time: 102 });
    request({ ...allowed, time: 200 });
    expect(told()).toEqual(['expired', 'expired', ['events_left_out', 'expired', 1, 105], null]);
  });

  it('leaves allowed requests alone, and holds a bounded number of reasons', () => {
    const { request, lines } = logging({ allowedShare: 100, maxPerSecond: 1 });
    for (let i = 0; i < 10; i++) request(allowed);
    expect(lines).toHaveLength(10);
  });

  it('loses nothing: lines and what is left out make up what came', () => {
    const { request, lines } = logging({ allowedShare: 100, maxPerSecond: 3 });
    for (let i = 0; i < 1_000; i++) request({ ...refused, time: 100 + i / 100 });
    request({ ...allowed, time: 1_000 });
    const leftOut = lines.reduce(
      (sum, line) => sum + (line.event === 'events_left_out' && 'count' in line ? Number(line.count) : 0),
      0,
    );
    const told = lines.filter((line) => line.event === 'request' && line.reason === 'expired').length;
    expect([told, leftOut]).toEqual([30, 970]);
  });
});
