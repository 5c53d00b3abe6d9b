import type { EventsPolicy } from '../core/events-policy.ts';
import type { RejectionReason } from '../core/rejection.ts';
import type { RequestEvent } from './request-event.ts';
import type { Sink } from './sinks.ts';

/** The lines of one reason in one second. */
interface Second {
  second: number;
  lines: number;
  leftOut: number;
}

/**
 * Hands on what is to be paid for: of allowed requests a share, of refusals all or so many a second and reason, and
 * everything else. What is left out for the cap is told in one line for each reason and second, `events_left_out`, before
 * the first event of a later second. A request that a route lets through although it would refuse it is no allowed one.
 */
export class EventsLog {
  readonly #share: number;
  readonly #most: number;
  readonly #to: Sink;
  readonly #random: () => number;
  readonly #seconds = new Map<RejectionReason | 'client_disconnected', Second>();
  #holdsBack = false;

  /** @param random from 0 to below 1; what decides the share, so that no client can */
  constructor({ allowedShare, maxPerSecond }: Omit<EventsPolicy, 'names'>, to: Sink, random: () => number) {
    this.#share = allowedShare / 100;
    this.#most = maxPerSecond ?? Number.POSITIVE_INFINITY;
    this.#to = to;
    this.#random = random;
  }

  readonly sink: Sink = (event) => {
    if (!isRequest(event)) {
      this.#to(event);
      return;
    }
    // When it ended: requests that arrived together may be told of far apart.
    const second = Math.floor(event.time + (event.totalMs ?? 0) / 1e3);
    if (this.#holdsBack) this.#tellBefore(second);
    const reason = event.reason ?? event.wouldRefuse;
    if (reason === null || reason === undefined) {
      if (this.#share === 1 || this.#random() < this.#share) this.#to(event);
    } else if (this.#hasRoom(reason, second)) this.#to(event);
  };

  #hasRoom(reason: NonNullable<RequestEvent['reason']>, second: number): boolean {
    const held = this.#seconds.get(reason);
    if (held === undefined) {
      this.#seconds.set(reason, { second, lines: 1, leftOut: 0 });
      return true;
    }
    if (second > held.second) {
      held.second = second;
      held.lines = 0;
    }
    if (held.lines < this.#most) {
      held.lines++;
      return true;
    }
    held.leftOut++;
    this.#holdsBack = true;
    return false;
  }

  #tellBefore(second: number): void {
    let more = false;
    for (const [reason, held] of this.#seconds) {
      if (held.leftOut === 0) continue;
      if (held.second >= second) {
        more = true;
        continue;
      }
      this.#to({ event: 'events_left_out', level: 'warn', reason, count: held.leftOut, second: held.second });
      held.leftOut = 0;
    }
    this.#holdsBack = more;
  }
}

const isRequest = (event: Parameters<Sink>[0]): event is RequestEvent => event.event === 'request';
