import type { OperationalEvent } from '../core/event.ts';
import { err } from '../core/result.ts';
import type { Clock } from '../core/time.ts';
import type { EpochWatch } from './epoch-watch.ts';
import type { RevocationReader } from './port.ts';

/** For who asks about something else than a token: an answer whose absences mean nothing is a failure. */
export const certainReader = (
  reader: RevocationReader,
  epochs: EpochWatch,
  clock: Clock,
  emit: (event: OperationalEvent) => void,
): RevocationReader => ({
  async read(keys, timeoutMs) {
    const askedAt = epochs.position;
    const answer = await reader.read(keys, timeoutMs);
    const doubt = answer.ok ? epochs.observe(answer.value, askedAt, clock(), emit) : undefined;
    return doubt === undefined ? answer : err(doubt);
  },
});
