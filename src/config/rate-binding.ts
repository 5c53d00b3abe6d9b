import type { Reading } from './place.ts';
import { didYouMean, type PathSegment, problem, problemAt, quoted } from './problem.ts';
import type { Bindings } from './variables.ts';

/** What Workers' rate-limit binding can count over (Cloudflare's documentation of `simple.period`). Seconds. */
const BINDING_PERIODS: readonly number[] = [10, 60];

export interface Rate {
  readonly limit: number;
  readonly periodSeconds: number;
}

/** Limit and period of a table, both of which must be there. */
export function rateOf(
  table: { readonly limit?: number | undefined; readonly period?: number | undefined },
  at: readonly string[],
  { path, faulty, problems }: Reading,
): Rate | undefined {
  for (const [key, allowed] of [
    ['limit', 'how many requests are let through in a period'],
    ['period', 'a duration, "10s" or "60s" with a binding'],
  ] as const) {
    if (table[key] === undefined && !faulty(...at, key)) {
      problems.push(problem([...path, ...at, key], 'nothing', allowed));
    }
  }
  const { limit, period } = table;
  return limit === undefined || period === undefined ? undefined : { limit, periodSeconds: period / 1_000 };
}

/** A binding is there, and counts what the table says: the Worker cannot ask it. */
export function checkBinding(
  name: string,
  rate: Rate | undefined,
  bindings: Bindings,
  { path, problems }: Pick<Reading, 'path' | 'problems'>,
): void {
  const at: readonly PathSegment[] = [...path, 'binding'];
  if (!isRateLimit(bindings, name)) {
    const names = Object.keys(bindings).filter((key) => isRateLimit(bindings, key));
    problems.push(problemAt(at, name, 'a [[ratelimits]] binding of this Worker', didYouMean(name, names)));
    return;
  }
  if (rate === undefined) return;
  if (!BINDING_PERIODS.includes(rate.periodSeconds)) {
    const hint = 'exact = true counts over any period, in a Redis';
    problems.push(
      problem(
        [...path, 'period'],
        `${rate.periodSeconds} s`,
        '"10s" or "60s": a binding counts over no other',
        hint,
      ),
    );
  }
  const told = simpleOf(bindings[name]);
  for (const [key, value] of [
    ['limit', rate.limit],
    ['period', rate.periodSeconds],
  ] as const) {
    if (told?.[key] === undefined || told[key] === value) continue;
    problems.push(
      problem([...path, key], String(value), `${told[key]}, as [[ratelimits]] ${quoted([name])} has it`),
    );
  }
}

function isRateLimit(bindings: Bindings, name: string): boolean {
  const binding = Object.hasOwn(bindings, name) ? bindings[name] : undefined;
  try {
    return (
      typeof binding === 'object' &&
      binding !== null &&
      'limit' in binding &&
      typeof binding.limit === 'function'
    );
  } catch {
    return false;
  }
}

/** What the wrangler file says of a binding, where it is at hand: the command line's stand-in for it tells. */
function simpleOf(binding: unknown): { readonly limit?: unknown; readonly period?: unknown } | undefined {
  const told =
    typeof binding === 'object' && binding !== null && 'simple' in binding ? binding.simple : undefined;
  return typeof told === 'object' && told !== null ? told : undefined;
}
