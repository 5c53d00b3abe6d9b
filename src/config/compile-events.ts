import type { EventsPolicy } from '../core/events-policy.ts';
import { EVENTS_DEFAULTS } from './defaults.ts';
import { type ConfigProblem, problem } from './problem.ts';
import type { GatewayTable } from './schema.ts';

/** undefined: every event is logged. */
export function compileEvents(
  table: GatewayTable['events'],
  isFaulty: boolean,
  problems: ConfigProblem[],
): EventsPolicy | undefined {
  if (table === undefined) return undefined;
  const {
    allowed_share: share = EVENTS_DEFAULTS.allowedShare,
    max_per_second: most,
    names = EVENTS_DEFAULTS.names,
  } = table;
  if (share === EVENTS_DEFAULTS.allowedShare && most === undefined && names === EVENTS_DEFAULTS.names) {
    if (!isFaulty) {
      const found = 'a table that changes nothing: every event is logged without it';
      problems.push(
        problem(
          ['GATEWAY', 'events'],
          found,
          'allowed_share below 100, max_per_second, or names = "opentelemetry"',
        ),
      );
    }
    return undefined;
  }
  return { allowedShare: share, maxPerSecond: most, names };
}
