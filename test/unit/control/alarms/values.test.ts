import { describe, expect, it } from 'vitest';
import { ruleValue, type Sample } from '../../../../src/control/alarms/history.ts';
import type { Selector } from '../../../../src/control/alarms/kind.ts';
import { ALARM_NAMES, type AlarmRule, alarmKind } from '../../../../src/control/alarms/rules.ts';
import { sumName, sumsFor } from '../../../../src/control/alarms/sums.ts';
import { REJECTIONS } from '../../../../src/core/rejection.ts';
import { seriesKey } from '../../../../src/metrics/batch.ts';
import { METRICS, type MetricName, widthOf } from '../../../../src/metrics/catalog.ts';
import { EVENT_NAMES, SERVICE_EVENT_NAMES } from '../../../../src/metrics/event-names.ts';
import { RunningTotals } from '../../../../src/metrics/totals.ts';
import fc from '../../../fixtures/draws.ts';
import { ruleOf } from './rule.ts';

type Counted = readonly [metric: MetricName, labels: readonly string[], ...values: readonly number[]];

const totals = (...counted: readonly Counted[]) => {
  const running = new RunningTotals();
  const sums = counted.map(([metric, labels, ...values]) => [seriesKey(metric, labels), values] as const);
  running.add({ isolate: 'a', sequence: 1, sums }, 1);
  return running.series;
};

/** What a rule says of counts that are read at these times. */
const judged = (
  rule: AlarmRule,
  ...readings: readonly (readonly [at: number, ...counted: readonly Counted[]])[]
) =>
  ruleValue(
    rule,
    readings.map(([at, ...counted]): Sample => ({ at, sums: sumsFor([rule], totals(...counted)) })),
  );

const denied = (reason: string, count: number, route = 'orders', issuer = ''): Counted => [
  'portcullis_requests',
  [route, 'denied', reason, issuer],
  count,
];

const selectorsOf = (name: (typeof ALARM_NAMES)[number]): readonly Selector[] => {
  const { measure } = alarmKind(name);
  return [...('of' in measure ? measure.of : []), ...('among' in measure ? measure.among : [])];
};

describe('the selections of the rules', () => {
  it.each(ALARM_NAMES)('%s looks at labels and values that are counted', (name) => {
    for (const { metric, where } of selectorsOf(name)) {
      for (const [label, values] of Object.entries(where)) {
        expect(METRICS[metric].labels).toContain(label);
        if (label === 'reason') expect(Object.keys(REJECTIONS)).toEqual(expect.arrayContaining([...values]));
        if (label === 'event')
          expect([...EVENT_NAMES, ...SERVICE_EVENT_NAMES]).toEqual(expect.arrayContaining([...values]));
      }
    }
  });
});

describe('what a rule counts', () => {
  it('adds up its reasons over routes and issuers, and no others', () => {
    const rule = ruleOf('verification_failures');
    const before: readonly Counted[] = [denied('signature_invalid', 5), denied('expired', 50)];
    expect(
      judged(
        rule,
        [0, ...before],
        [60, denied('signature_invalid', 8), denied('expired', 90), denied('token_malformed', 4, 'b')],
      ),
    ).toBe(7);
    expect(
      judged(ruleOf('expired_tokens'), [0, ...before], [60, denied('expired', 90), denied('revoked', 9)]),
    ).toBe(40);
    expect(
      judged(ruleOf('invalid_signatures'), [0], [60, denied('signature_invalid', 3), denied('expired', 2)]),
    ).toBe(3);
  });

  it('takes 5xx as a share of all answers, where there are enough', () => {
    const answers = (failed: number, good: number): readonly Counted[] => [
      ['portcullis_responses', ['orders', '5xx'], failed],
      ['portcullis_responses', ['orders', '2xx'], good],
    ];
    const rule = ruleOf('failed_answers');
    expect(judged(rule, [0, ...answers(1, 99)], [60, ...answers(11, 189)])).toBe(10);
    expect(judged(rule, [0], [60, ...answers(20, 29)])).toBeUndefined();
    expect(judged(rule, [0], [60, ...answers(20, 30)])).toBe(40);
    expect(judged(ruleOf('failed_answers', { least: 0 }), [0], [60])).toBeUndefined();
    // Few answers end an alarm where none of them failed.
    expect(judged(rule, [0, ...answers(20, 29)], [60, ...answers(20, 30)])).toBe(0);
  });

  it('counts ages of the copy above the bound alone', () => {
    const { bounds } = METRICS.portcullis_revocation_replica_age_seconds;
    const ages = new Array<number>(widthOf(METRICS.portcullis_revocation_replica_age_seconds)).fill(0);
    // Up to 60 s, up to 300 s, above all, and the sum of what was observed.
    ages[bounds.indexOf(60)] = 7;
    ages[bounds.indexOf(300)] = 2;
    ages[bounds.length] = 1;
    ages[bounds.length + 1] = 9_999;
    const seen: Counted = ['portcullis_revocation_replica_age_seconds', [], ...ages];
    expect(judged(ruleOf('replica_old'), [0], [60, seen])).toBe(3);
    expect(judged(ruleOf('replica_old', { older_than: '5m' }), [0], [60, seen])).toBe(1);
    expect(judged(ruleOf('replica_old', { older_than: '30s' }), [0], [60, seen])).toBe(10);
  });

  it('sees both ways in which the deny-list could not be asked', () => {
    const counted: readonly Counted[] = [
      ['portcullis_requests', ['orders', 'unknown', 'revocation_unavailable', ''], 4],
      ['portcullis_revocation_checks', ['accepted_on_doubt'], 3],
      ['portcullis_revocation_checks', ['checked'], 100],
    ];
    expect(judged(ruleOf('revocation_unavailable'), [0], [60, ...counted])).toBe(7);
  });

  it('leaves out what another version has counted', () => {
    const strange: Counted = ['portcullis_requests', ['orders', 'denied', 'expired'], 9];
    const wide: Counted = ['portcullis_requests', ['orders', 'denied', 'expired', ''], 9, 9];
    expect(judged(ruleOf('expired_tokens'), [0], [60, strange, wide])).toBe(0);
  });
});

const NAME = sumName([
  { metric: 'portcullis_requests', where: { decision: ['denied'], reason: ['expired'] } },
]);
const minutes = (...counts: readonly (number | undefined)[]): Sample[] =>
  counts.map((count, i) => ({ at: i * 60, sums: count === undefined ? {} : { [NAME]: count } }));

describe('an increase', () => {
  const rule = ruleOf('expired_tokens');
  it.each<[string, readonly Sample[], number | undefined]>([
    ['is not known at first', minutes(7), undefined],
    ['is that of the last window', minutes(0, 100, 130), 30],
    ['is none where series were dropped', minutes(0, 100, 40), 0],
    ['is not known since a sum that was not counted', minutes(undefined, 40), undefined],
    ['takes a cron that is a little early', [...minutes(0, 100), { at: 115, sums: { [NAME]: 130 } }], 30],
    ['is a mean where evaluations were missed', [...minutes(0, 100), { at: 360, sums: { [NAME]: 200 } }], 20],
    ['is whole within less than a window', [...minutes(50), { at: 10, sums: { [NAME]: 90 } }], 40],
  ])('%s', (_what, history, value) => {
    expect(ruleValue(rule, history)).toBe(value);
  });

  it('of counts that only grow is never negative, nor more than all of it', () => {
    const grown = fc.array(fc.nat(1_000), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(grown, fc.constantFrom('1s', '1m', '10m'), (steps, window) => {
        let sum = 0;
        const history = minutes(...steps.map((each) => (sum += each)));
        const value = ruleValue(ruleOf('expired_tokens', { window }), history) ?? Number.NaN;
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(sum);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a spike', () => {
  /** Undefined: of a version that added up something else. */
  const spike = (...counts: readonly (number | undefined)[]) => {
    const name = sumName([{ metric: 'portcullis_requests', where: { decision: ['denied'] } }]);
    return ruleValue(
      ruleOf('refusals_spike'),
      counts.map((count, i) => ({
        at: i * 60,
        sums: count === undefined ? { other: 0 } : { [name]: count },
      })),
    );
  };
  const steady = Array.from({ length: 20 }, (_, i) => i * 50);

  it('is a multiple of the mean before', () => {
    expect(spike(...steady, 950 + 400)).toBe(8);
  });

  it('is none below the least that counts', () => {
    expect(spike(...steady.map((n) => n / 50), 19 + 99)).toBe(0);
  });

  it('takes a mean of less than one as one', () => {
    expect(spike(...steady.map(() => 0), 300)).toBe(300);
  });

  it('is not known where there is too little to compare with', () => {
    expect(spike(0, 10, 20, 30, 1_000)).toBeUndefined();
  });

  it('is not compared with what another version added up differently', () => {
    const before = steady.map(() => undefined);
    expect(spike(...before, ...steady, 950 + 400)).toBe(8);
    expect(spike(...before, 0, 50, 450)).toBeUndefined();
  });

  it('is none where series were dropped in the hour before, and refusals go on as ever', () => {
    const dropped = steady.map((n, i) => (i < 10 ? n + 1_000_000 : n));
    expect(spike(...dropped.map((n) => n * 3), 950 * 3 + 150)).toBeLessThan(1.1);
  });

  it('is compared with the hour before, no longer', () => {
    const long = [
      ...Array.from({ length: 60 }, (_, i) => i * 10_000),
      ...Array.from({ length: 70 }, (_, i) => 590_000 + i * 10),
    ];
    expect(spike(...long, 590_690 + 200)).toBe(20);
  });
});
