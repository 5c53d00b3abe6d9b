import type { RequestContext } from '../core/context.ts';
import { withinDeadline } from '../core/deadline.ts';
import type { Clock, NumericDate } from '../core/time.ts';
import { type Batch, readSeriesKey, type Sum } from './batch.ts';
import { countsRequests } from './catalog.ts';
import type { Gauges } from './gauges.ts';
import type { Refusals } from './refusals.ts';
import type { Series, Sums } from './sums.ts';

/** Between two hand-overs of a busy isolate. */
export const INTERVAL_SECONDS = 5;
/** After which a hand-over that was dropped with its request is begun anew: longer than one can take. */
const DROPPED_AFTER_SECONDS = 30;
/** The runtime ends what runs in `waitUntil` 30 s after the answer: two tries and the interval fit in. */
const TIMEOUT_MS = 5_000;
const TRIES = 2;
const PAUSE_MS = 2_000;
/** Whoever adds up remembers an isolate for longer than this. */
export const GIVEN_UP_AFTER_SECONDS = 3_600;

export interface HandOverPorts {
  /** Resolves once the batch has been counted, now or before; undefined: nobody adds up. */
  readonly add: ((batch: Batch) => Promise<unknown>) | undefined;
  /** Told of all sums once, without an answer; undefined: nobody is. */
  readonly tell: ((sums: readonly Sum[]) => void) | undefined;
  /** Adds what is counted elsewhere, before sums are taken. */
  readonly read: () => void;
  /** What was refused since it was last asked; undefined: nobody looks at that. */
  readonly refusals?: (() => Refusals | undefined) | undefined;
  /** What the isolate holds now; undefined: it tells of nothing. */
  readonly gauges?: (() => Gauges | undefined) | undefined;
  readonly clock: Clock;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly newIsolateId: () => string;
}

interface Waiting extends Batch {
  readonly takenAt: NumericDate;
}

/**
 * Hands an isolate's sums on, some seconds after the first request that added to them: never for each request, and without
 * a further request being needed. A batch that is not known to have arrived is sent again under its number, so an answer
 * that is lost counts nothing twice; what is counted meanwhile stays in the sums. A batch is given up after an hour, and
 * its requests counted as lost.
 */
export class HandOver {
  readonly #sums: Sums;
  readonly #ports: HandOverPorts;
  readonly #lost: Series;
  #nextAt: NumericDate = 0;
  #isolate: string | undefined;
  #sequence = 0;
  #waiting: Waiting | undefined;

  constructor(sums: Sums, ports: HandOverPorts) {
    this.#sums = sums;
    this.#ports = ports;
    this.#lost = sums.series('portcullis_metrics_lost', ['unreachable']);
  }

  /** To be called once a request has been counted. */
  begin({ now, waitUntil }: Pick<RequestContext, 'now' | 'waitUntil'>): void {
    // Further ahead than it can be, the clock was set back.
    if (now < this.#nextAt && this.#nextAt - now <= DROPPED_AFTER_SECONDS) return;
    this.#nextAt = now + DROPPED_AFTER_SECONDS;
    waitUntil(this.#later());
  }

  async #later(): Promise<void> {
    await this.#ports.wait(INTERVAL_SECONDS * 1e3);
    // What is counted from here on is the next one's.
    this.#nextAt = 0;
    const { add, clock } = this.#ports;
    if (add === undefined) {
      this.#take();
      return;
    }
    const arrived = this.#waiting === undefined || (await this.#deliver(this.#waiting, add));
    // Another hand-over of this isolate may be under way: what is taken must not be left with nobody to send it.
    if (!arrived || this.#waiting !== undefined) return;
    // First what may fail: nothing has been taken yet.
    const gauges = this.#ports.gauges?.();
    const sums = this.#take();
    if (sums.length === 0 && gauges === undefined) return;
    this.#isolate ??= this.#ports.newIsolateId();
    const refusals = this.#ports.refusals?.();
    const sequence = ++this.#sequence;
    this.#waiting = { isolate: this.#isolate, sequence, sums, refusals, gauges, takenAt: clock() };
    await this.#deliver(this.#waiting, add);
  }

  #take(): readonly Sum[] {
    this.#ports.read();
    const sums = this.#sums.take();
    if (sums.length > 0) this.#ports.tell?.(sums);
    return sums;
  }

  /** Whether nothing of the batch is left to be done. */
  async #deliver(batch: Waiting, add: (batch: Batch) => Promise<unknown>): Promise<boolean> {
    const { isolate, sequence, sums, refusals, gauges } = batch;
    for (let tried = 0; tried < TRIES; tried++) {
      if (tried > 0) await this.#ports.wait(PAUSE_MS);
      try {
        await withinDeadline(TIMEOUT_MS, () =>
          add({ isolate, sequence, sums, ...(refusals && { refusals }), ...(gauges && { gauges }) }),
        );
        this.#done(batch);
        return true;
      } catch {
        // Not known to have arrived: sent again under the same number.
      }
    }
    if (this.#ports.clock() - batch.takenAt < GIVEN_UP_AFTER_SECONDS) return false;
    if (this.#done(batch)) this.#lost.add(requestsIn(sums));
    return true;
  }

  #done(batch: Waiting): boolean {
    if (this.#waiting !== batch) return false;
    this.#waiting = undefined;
    return true;
  }
}

const requestsIn = (sums: readonly Sum[]): number =>
  sums
    .filter(([key]) => countsRequests(readSeriesKey(key)?.metric))
    .reduce((total, [, [count = 0]]) => total + count, 0);
