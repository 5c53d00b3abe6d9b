import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { alarmMistakes } from '../faults/alarms.ts';
import type { Kind } from '../faults/kinds.ts';
import { WEBHOOK_KEY } from '../faults/stack.ts';
import { Tally } from '../faults/tally.ts';
import type { Received } from '../fixtures/webhook-receiver.ts';

/** One message as a receiver has it. */
function message(alarm: string, turn: 'begun' | 'ended', incident = 'a', key = WEBHOOK_KEY): Received {
  const body = { type: `alarm.${turn}`, data: { alarm, incident } };
  const text = JSON.stringify(body);
  const [id, timestamp] = [`${incident}.${turn}`, '1800000000'];
  const bytes = Buffer.from(key.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', bytes).update(`${id}.${timestamp}.${text}`).digest('base64');
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
  return { headers, text, body, status: 200 };
}

const ONCE = { expired_tokens: 1 };
const BEGUN = message('expired_tokens', 'begun');
const ENDED = message('expired_tokens', 'ended');

describe('the judge of alarms', () => {
  it('is content with one beginning and one end, also where a message came twice', () => {
    expect(alarmMistakes([BEGUN, BEGUN, ENDED], ONCE)).toEqual([]);
    expect(alarmMistakes([], {})).toEqual([]);
  });

  it.each<[string, readonly Received[]]>([
    ['no end', [BEGUN]],
    ['nothing', []],
    ['the end of another incident', [BEGUN, message('expired_tokens', 'ended', 'b')]],
    ['an end first', [ENDED, BEGUN]],
    ['an alarm too many', [BEGUN, ENDED, message('counts_lost', 'begun', 'c')]],
    ['two incidents', [BEGUN, ENDED, message('expired_tokens', 'begun', 'b')]],
    [
      'another signature',
      [BEGUN, message('expired_tokens', 'ended', 'a', `whsec_${Buffer.alloc(32, 8).toString('base64')}`)],
    ],
  ])('finds %s', (_what, received) => {
    expect(alarmMistakes(received, ONCE)).toHaveLength(1);
  });
});

describe('the tally', () => {
  const kind: Kind = {
    name: 'strict',
    perSecond: 1,
    route: 'strict',
    token: async () => undefined,
    answers: {
      200: { decision: 'allowed', issuer: 'tokens' },
      503: { decision: 'unknown', reason: 'revocation_unavailable', issuer: 'tokens', because: 'redis' },
    },
  };
  const shown = {
    requests: new Map([['strict allowed  tokens', 2]]),
    responses: new Map([['strict 2xx', 2]]),
    tokenService: new Map(),
    lost: 0,
  };

  it('finds each count that is not what was sent, and what was lost', () => {
    const tally = new Tally(0);
    tally.answered(kind, 200, Date.now());
    expect(tally.differences(shown)).toHaveLength(2);
    tally.answered(kind, 200, Date.now());
    expect(tally.differences(shown)).toEqual([]);
    expect(tally.differences({ ...shown, lost: 1 })).toEqual(['lost: 1']);
    tally.othersLost = true;
    expect(tally.differences({ ...shown, lost: 1 })).toEqual([]);
    expect(tally.differences(shown)).toEqual(['lost: 0']);
    tally.othersLost = false;
    tally.answeredByTokenService('/token', '');
    expect(tally.differences(shown)).toEqual(['token service: "/token " sent 1, counted 0']);
    const more = new Map([...shown.requests, ['open allowed  ', 1]] as const);
    expect(tally.differences({ ...shown, requests: more, tokenService: tally.tokenService })).toEqual([
      'requests: "open allowed  " sent 0, counted 1',
    ]);
  });

  it('takes an answer for explained while its fault lasts, and no other', () => {
    const tally = new Tally(0);
    tally.answered(kind, 503, Date.now());
    expect(tally.mistakes).toHaveLength(1);
    tally.begin('redis');
    tally.answered(kind, 503, Date.now());
    tally.end('redis');
    expect(tally.mistakes).toHaveLength(1);
    tally.answered(kind, 503, Date.now() + 1_000);
    expect(tally.mistakes).toHaveLength(2);
    tally.answered(kind, 401, Date.now());
    expect(tally.mistakes).toHaveLength(3);
  });
});
