import type { RequestContext } from '../core/context.ts';
import { before, withTimer } from '../core/deadline.ts';
import type { Clock, NumericDate } from '../core/time.ts';

interface Flight {
  readonly work: Promise<void>;
  /** The mark lapses then, so that a flight whose request was lost blocks nobody. */
  readonly until: NumericDate;
}

/** Time for what surrounds the bounded work, such as importing keys, before its mark lapses. */
const GRACE_SECONDS = 1;

/**
 * At most one run at a time for all requests of an isolate. The request that starts it holds it in `waitUntil`
 * until it settles; the others wait under a deadline of their own, because what another request owns may end
 * without a word. Only the fact that it settled crosses from one request to another.
 */
export class SingleFlight {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #flight: Flight | undefined;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  get running(): boolean {
    return this.#flight !== undefined && this.#clock() < this.#flight.until;
  }

  /** Runs `work` behind the request unless a run is under way. */
  start(context: RequestContext, work: () => Promise<void>): void {
    if (!this.running) this.#launch(context, work);
  }

  /**
   * Waits for the run under way, or runs `work`: `joined` or `ran`. `gave_up`: the run of another request did not
   * settle within the deadline.
   */
  async wait(context: RequestContext, work: () => Promise<void>): Promise<'ran' | 'joined' | 'gave_up'> {
    const flight = this.#flight;
    if (flight !== undefined && this.running) {
      const end = await this.#endOf(flight);
      if (end !== 'lost') return end;
      if (this.#flight === flight) this.#flight = undefined;
      // Whoever notices first runs in the place of the lost one.
      if (this.running) return 'gave_up';
    }
    await this.#launch(context, work);
    return 'ran';
  }

  /** `lost`: the request that owned it ended before it did. */
  async #endOf({ work }: Flight): Promise<'joined' | 'gave_up' | 'lost'> {
    const end = work.then(
      () => 'joined' as const,
      () => 'lost' as const,
    );
    return withTimer(this.#timeoutMs, (signal) => before(signal, end)).catch(() => 'gave_up' as const);
  }

  #launch(context: RequestContext, work: () => Promise<void>): Promise<void> {
    const running = work().finally(() => {
      if (this.#flight === flight) this.#flight = undefined;
    });
    const flight = { work: running, until: this.#clock() + this.#timeoutMs / 1_000 + GRACE_SECONDS };
    this.#flight = flight;
    context.waitUntil(running);
    return running;
  }
}
