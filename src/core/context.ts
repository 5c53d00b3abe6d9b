import type { OperationalEvent } from './event.ts';
import type { NumericDate } from './time.ts';

/** What a stage may know of the request it serves, besides its own inputs. Never kept beyond the request. */
export interface RequestContext {
  readonly now: NumericDate;
  /** Keeps work alive after the response; the runtime cancels what is not registered here. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Hands a state transition (not a request) to telemetry. Never throws. */
  readonly emit: (event: OperationalEvent) => void;
}
