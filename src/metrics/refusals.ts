import type { RequestEvent } from '../telemetry/request-event.ts';

/** Of one hand-over. What is beyond is counted and left out, the oldest first: an attack costs no memory. */
export const MAX_REFUSALS_A_BATCH = 100;
/** Characters of a client's text that are kept, as of the log's. */
const MAX_TEXT = 512;

/** The event of a request that was refused, or would have been, as the log has it: no token, `jti` or subject. */
export type Refusal = Readonly<Partial<RequestEvent>> &
  Readonly<Pick<RequestEvent, 'time' | 'reference' | 'method' | 'host' | 'path' | 'route' | 'status'>>;

/** What an isolate hands on beside its sums. */
export interface Refusals {
  readonly events: readonly Refusal[];
  /** How many found no place. */
  readonly dropped: number;
}

/** Whether somebody who asks what is refused wants to see it: not whoever merely left. */
export const isRefusal = ({ reason, wouldRefuse }: RequestEvent): boolean =>
  (reason !== null && reason !== 'client_disconnected') || wouldRefuse !== undefined;

/** The latest refusals of one isolate, since it last handed on. */
export class RefusalBuffer {
  #events: RequestEvent[] = [];
  #dropped = 0;

  add(event: RequestEvent): void {
    if (this.#events.length === MAX_REFUSALS_A_BATCH) {
      this.#events.shift();
      this.#dropped++;
    }
    this.#events.push(event);
  }

  /** undefined: there were none. */
  take(): Refusals | undefined {
    if (this.#events.length === 0) return undefined;
    const taken = { events: this.#events.map(shortened), dropped: this.#dropped };
    this.#events = [];
    this.#dropped = 0;
    return taken;
  }
}

const shortened = (event: RequestEvent): Refusal => ({
  ...event,
  method: event.method.slice(0, MAX_TEXT),
  host: event.host.slice(0, MAX_TEXT),
  path: event.path.slice(0, MAX_TEXT),
  ...(event.kid === undefined ? {} : { kid: event.kid.slice(0, MAX_TEXT) }),
});
