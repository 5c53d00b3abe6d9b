import type { ObjectTelemetry } from '../counting.ts';
import { type EndReason, REUSE_EVENTS } from './family.ts';

/** That a grant has ended, and why. `client`: its table's name. */
export function tellEnd({ count, emit }: ObjectTelemetry, why: EndReason, client: string | undefined): void {
  count((counters) => counters.ended(why));
  const event = REUSE_EVENTS[why];
  if (event !== undefined) emit({ event, level: 'warn', client });
}
