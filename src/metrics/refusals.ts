import type { RequestEvent } from '../telemetry/request-event.ts';

/**
 * Of one hand-over. What is beyond is counted and left out, so that an attack costs no memory: the oldest of the commonest
 * reason first, so that a flood of one kind does not hide the few of another.
 */
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

/** Refusals of one isolate, since it last handed on. */
export class RefusalBuffer {
  #events: RequestEvent[] = [];
  /** How many there are of each reason. */
  #counts = new Map<string | undefined, number>();
  #dropped = 0;

  add(event: RequestEvent): void {
    if (this.#events.length === MAX_REFUSALS_A_BATCH) this.#drop();
    this.#events.push(event);
    this.#count(event, 1);
  }

  /** undefined: there were none. */
  take(): Refusals | undefined {
    if (this.#events.length === 0) return undefined;
    const taken = { events: this.#events.map(shortened), dropped: this.#dropped };
    this.#events = [];
    this.#counts = new Map();
    this.#dropped = 0;
    return taken;
  }

  #drop(): void {
    const most = Math.max(...this.#counts.values());
    const at = this.#events.findIndex((event) => this.#counts.get(reasonOf(event)) === most);
    for (const event of this.#events.splice(at, 1)) this.#count(event, -1);
    this.#dropped++;
  }

  #count(event: RequestEvent, by: number): void {
    const reason = reasonOf(event);
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + by);
  }
}

const reasonOf = ({ reason, wouldRefuse }: RequestEvent): string | undefined => reason ?? wouldRefuse;

const shortened = (event: RequestEvent): Refusal => ({
  ...event,
  method: event.method.slice(0, MAX_TEXT),
  host: event.host.slice(0, MAX_TEXT),
  path: event.path.slice(0, MAX_TEXT),
  ...(event.kid === undefined ? {} : { kid: event.kid.slice(0, MAX_TEXT) }),
});
