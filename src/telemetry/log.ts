import type { OperationalEvent } from '../core/event.ts';
import type { RequestEvent } from './request-event.ts';

/** Writes one JSON line. Never throws: a log line is not worth a request. */
export function log(event: RequestEvent | OperationalEvent): void {
  try {
    console.log(JSON.stringify(event));
  } catch {
    console.log('{"event":"log_failed","level":"error"}');
  }
}
