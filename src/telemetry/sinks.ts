import type { OperationalEvent } from '../core/event.ts';
import type { RequestEvent } from './request-event.ts';

/** Where events go: the log, metrics, a test. Told of each once, in order; whatever it throws is its own affair. */
export type Sink = (event: RequestEvent | OperationalEvent) => void;

/** All sinks as one that never throws: an event is not worth a request, nor one sink another. */
export const toAll =
  (sinks: readonly Sink[]): Sink =>
  (event) => {
    for (let i = 0; i < sinks.length; i++) {
      try {
        sinks[i]?.(event);
      } catch {
        // A sink that fails has nowhere left to say so.
      }
    }
  };
