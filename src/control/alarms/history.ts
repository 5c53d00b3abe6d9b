import type { NumericDate } from '../../core/time.ts';
import { type AlarmRule, alarmKind } from './rules.ts';
import { aboveName, type CountedSums, sumName } from './sums.ts';

/** What had been counted at one time. */
export interface Sample {
  readonly at: NumericDate;
  readonly sums: CountedSums;
}

/** What a spike is compared with, and the least of it that says anything: in windows. */
export const COMPARED_SECONDS = 3_600;
const LEAST_WINDOWS = 10;
/** A cron comes a little early or late. */
const SLACK = 0.1;

/**
 * The value of a rule that counts; undefined: nobody can tell yet.
 * @param history ascending, the last one is now
 */
export function ruleValue(rule: AlarmRule, history: readonly Sample[]): number | undefined {
  const { measure } = alarmKind(rule.name);
  switch (measure.kind) {
    case 'increase':
      return recent(sumName(measure.of), rule, history);
    case 'above':
      return recent(aboveName(measure.histogram, rule.olderThanSeconds), rule, history);
    case 'share':
      return share(
        recent(sumName(measure.of), rule, history),
        recent(sumName(measure.among), rule, history),
        rule,
      );
    case 'spike':
      return spike(sumName(measure.of), rule, history);
    case 'state':
      return undefined;
  }
}

/**
 * The increase within the window. Where evaluations were missed it is the mean of a longer time; at first, that since
 * counting began. A sum that has become smaller, since series were dropped, has not increased.
 */
function recent(name: string, rule: AlarmRule, history: readonly Sample[]): number | undefined {
  const last = history.at(-1);
  const base = last && windowBase(rule, history, last.at);
  if (last === undefined || base === undefined) return undefined;
  const increase = increaseIn(name, history.slice(history.indexOf(base)));
  const elapsed = last.at - base.at;
  return increase === undefined || elapsed <= rule.windowSeconds * (1 + SLACK)
    ? increase
    : (increase * rule.windowSeconds) / elapsed;
}

function windowBase(
  { windowSeconds }: AlarmRule,
  history: readonly Sample[],
  now: NumericDate,
): Sample | undefined {
  const before = history.slice(0, -1);
  return before.findLast(({ at }) => at <= now - windowSeconds * (1 - SLACK)) ?? before[0];
}

/** From the first of them to the last. What a sum has lost in between, since series were dropped, takes nothing off. */
function increaseIn(name: string, samples: readonly Sample[]): number | undefined {
  if ([samples[0], samples.at(-1)].some((sample) => sample?.sums[name] === undefined)) return undefined;
  const sums = samples.flatMap((sample) => sample.sums[name] ?? []);
  return sums.reduce((total, sum, i) => total + Math.max(0, sum - (sums[i - 1] ?? sum)), 0);
}

const share = (
  part: number | undefined,
  all: number | undefined,
  { least }: AlarmRule,
): number | undefined => {
  if (part === undefined || all === undefined || all === 0) return undefined;
  // Of few, nothing can be told from one that is; that there is none can.
  return part > 0 && all < least ? undefined : (100 * part) / all;
};

/** Of next to nothing everything is a multiple: the mean counts as 1 at least. */
function spike(name: string, rule: AlarmRule, history: readonly Sample[]): number | undefined {
  const current = recent(name, rule, history);
  const last = history.at(-1);
  if (current === undefined || last === undefined) return undefined;
  if (current < rule.least) return 0;
  const base = windowBase(rule, history, last.at);
  const oldest = base && history.find(({ at, sums }) => at >= base.at - COMPARED_SECONDS && name in sums);
  const elapsed = base && oldest ? base.at - oldest.at : 0;
  if (base === undefined || oldest === undefined || elapsed < LEAST_WINDOWS * rule.windowSeconds)
    return undefined;
  const before = history.slice(history.indexOf(oldest), history.indexOf(base) + 1);
  const mean = ((increaseIn(name, before) ?? 0) * rule.windowSeconds) / elapsed;
  return current / Math.max(1, mean);
}
