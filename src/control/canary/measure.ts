import { SignJWT } from 'jose';
import { CANARY, CANARY_PATH, type CanaryMode } from '../../core/canary.ts';
import type { Clock, NumericDate } from '../../core/time.ts';
import type { RevocationStore } from '../../revocation-store/port.ts';
import { newEntry } from '../admin/entry.ts';

/** What a round trip and the pause before it add to what is promised. Seconds. */
export const GRACE_SECONDS = 2;
/** After what is promised: what has not bitten by then is told as late, and no longer waited for. */
const GIVEN_UP_AFTER_SECONDS = 30;
/** What is promised later than this is not measured: a turn of the cron does not last so long. */
const LONGEST_BOUND_SECONDS = 600;
const TOKEN_LIFETIME_SECONDS = 1_800;
/** Between two questions: a fifth of the time so far, so that the time found is at most a fifth too long. */
const PAUSE = { least: 0.05, share: 0.2 } as const;

export interface CanaryPorts {
  /** Asks the gateway; throws where it does not answer. */
  readonly ask: (path: string, token: string) => Promise<Response>;
  readonly secret: string;
  readonly store: Pick<RevocationStore, 'revoke'>;
  readonly clock: Clock;
  readonly wait: (seconds: number) => Promise<unknown>;
  readonly newId: () => string;
}

export type Measured =
  | {
      readonly result: 'in_time' | 'late';
      readonly mode: CanaryMode;
      /** From the store's word that it is written to the first refusal, or to when it was given up. */
      readonly seconds: number;
      readonly boundSeconds: number;
    }
  | { readonly result: 'failed'; readonly mode: CanaryMode; readonly why: string };

/**
 * Has one token let in, revokes it, and asks until it is refused. undefined: no route has the mode, or what it promises is
 * beyond what is measured. Says nothing of other places of the network than the one that answers, and of other isolates.
 */
export async function measure(mode: CanaryMode, ports: CanaryPorts): Promise<Measured | undefined> {
  const { clock, store, newId } = ports;
  const path = `${CANARY_PATH}/${mode}`;
  try {
    const jti = newId();
    const token = await sign(jti, ports.secret, clock());
    const first = await ports.ask(path, token);
    if (first.status === 404) return undefined;
    const boundSeconds = first.status === 200 ? await boundIn(first) : undefined;
    if (boundSeconds === undefined) return { result: 'failed', mode, why: `status_${first.status}` };
    if (boundSeconds > LONGEST_BOUND_SECONDS) return undefined;
    await store.revoke([entryFor(jti, clock())]);
    const seconds = await untilRefused(path, token, boundSeconds + GIVEN_UP_AFTER_SECONDS, ports);
    if (typeof seconds === 'string') return { result: 'failed', mode, why: seconds };
    return {
      result: seconds <= boundSeconds + GRACE_SECONDS ? 'in_time' : 'late',
      mode,
      seconds,
      boundSeconds,
    };
  } catch {
    return { result: 'failed', mode, why: 'no_answer' };
  }
}

/** The seconds that it took; text: why that cannot be said. */
async function untilRefused(
  path: string,
  token: string,
  mostSeconds: number,
  { ask, clock, wait }: CanaryPorts,
): Promise<number | string> {
  const from = clock();
  for (;;) {
    const { status } = await ask(path, token);
    const seconds = clock() - from;
    if (status === 401) return seconds;
    if (status !== 200) return `status_${status}`;
    if (seconds >= mostSeconds) return seconds;
    await wait(Math.max(PAUSE.least, seconds * PAUSE.share));
  }
}

async function boundIn(response: Response): Promise<number | undefined> {
  const { bound_seconds: bound } = (await response.json()) as { readonly bound_seconds?: unknown };
  return typeof bound === 'number' && bound >= 0 ? bound : undefined;
}

/** RFC 7519, HMAC-SHA-256. */
const sign = (jti: string, secret: string, now: NumericDate): Promise<string> =>
  new SignJWT({ jti })
    .setProtectedHeader({ alg: CANARY.algorithm, typ: 'JWT' })
    .setIssuer(CANARY.issuer)
    .setAudience(CANARY.audience)
    .setSubject(CANARY.name)
    .setIssuedAt(Math.floor(now))
    .setExpirationTime(Math.floor(now) + TOKEN_LIFETIME_SECONDS)
    .sign(new TextEncoder().encode(secret));

const entryFor = (value: string, now: NumericDate) =>
  newEntry(
    { kind: 'jti', issuer: CANARY.issuer, value },
    now + 2 * TOKEN_LIFETIME_SECONDS,
    { revokedBy: CANARY.name, intake: 'canary', reason: 'time to enforce' },
    now,
  );
