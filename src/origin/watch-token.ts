import { type Clock, milliseconds, type NumericDate } from '../core/time.ts';

/** Why a connection may not go on. `unknown`: it cannot be told whether the token is still good. */
export type EndCause = 'expired' | 'revoked' | 'unknown';

/** Until when a connection may stay open. */
export interface TokenLife {
  /** When a new request with the token would be refused; undefined: it does not expire. */
  readonly endsAt: NumericDate | undefined;
  /** Asks again whether the token is still good; undefined: it cannot be revoked. */
  readonly recheck: (() => Promise<EndCause | undefined>) | undefined;
  readonly recheckSeconds: number;
  readonly clock: Clock;
}

/** A timer counts in 32 bits. */
const MAX_TIMER_MS = 2_147_483_647;

/**
 * Calls `end` once, when the token's life is over. The timers belong to the request, whose connection keeps them.
 * @returns what stops the watch, for a connection that has ended by itself
 */
export function watchToken(life: TokenLife, end: (cause: EndCause) => void): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const finish = (cause: EndCause) => {
    if (stopped) return;
    stopped = true;
    end(cause);
  };
  const look = async (): Promise<void> => {
    if (isOver(life)) return finish('expired');
    let cause: EndCause | undefined;
    try {
      cause = await life.recheck?.();
    } catch {
      cause = 'unknown';
    }
    if (cause !== undefined) return finish(cause);
    arm();
  };
  const arm = () => {
    if (stopped) return;
    const left = life.endsAt === undefined ? Number.POSITIVE_INFINITY : life.endsAt - life.clock();
    const seconds = life.recheck === undefined ? left : Math.min(left, life.recheckSeconds);
    if (seconds === Number.POSITIVE_INFINITY) return;
    const ms = Math.min(Math.max(milliseconds(seconds) + 1, 1), MAX_TIMER_MS);
    timer = setTimeout(() => void look(), ms);
  };
  arm();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

const isOver = ({ endsAt, clock }: TokenLife): boolean => endsAt !== undefined && clock() >= endsAt;
