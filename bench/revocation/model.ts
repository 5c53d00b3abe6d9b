/** What the model needs to know of a deployment. */
export interface Deployment {
  readonly mode: 'strict' | 'cached' | 'replicated';
  /** Requests per second of the whole deployment. */
  readonly rate: number;
  readonly isolates: number;
  /** Isolates share the Cache API by colo; 1: none is shared. */
  readonly isolatesPerColo: number;
  /** Distinct live tokens in use, equally often. */
  readonly tokens: number;
  /** `max_staleness` in seconds. */
  readonly bound: number;
  /** One read of Redis, in seconds. */
  readonly roundTrip: number;
}

export interface Prediction {
  /** Reads of Redis per million requests. */
  readonly commandsPerMillion: number;
  /** Mean and worst time from a stored revocation to a refused request, in seconds. */
  readonly meanSeconds: number;
  readonly worstSeconds: number;
}

/** As in `src/revocation/limits.ts`. */
const REFRESH_AT = 0.5;
const KEPT_FOR_BOUNDS = 2;
const KEYS_PER_TOKEN = 4;
const KEYS_PER_REFRESH = 500;

/**
 * Requests are taken to arrive independently (Poisson) and to fall on isolates and tokens alike.
 *
 * strict: one read per request. cached: a token's answers last for `bound`, and while its isolate is busy they are
 * renewed with all others for two bounds after their last use; a request after a longer gap, with probability
 * e^(-λ·reach) at the token's rate λ in one isolate, costs a read. Renewals come at most once per half bound.
 * replicated: an isolate not asked at all for `bound` costs a read; every place is renewed at most once per half bound.
 */
export function predict(deployment: Deployment): Prediction {
  const { mode, rate, isolates, isolatesPerColo, tokens, bound, roundTrip } = deployment;
  if (mode === 'strict') {
    return { commandsPerMillion: 1e6, meanSeconds: roundTrip / 2, worstSeconds: roundTrip };
  }
  const perIsolate = rate / isolates;
  const interval = bound * REFRESH_AT;
  if (mode === 'cached') {
    const perToken = perIsolate / tokens;
    const busy = 1 - Math.exp(-perIsolate * interval);
    const kept = bound * KEPT_FOR_BOUNDS - interval / 2;
    const missed = Math.exp(-perToken * (bound + kept * busy));
    const inUse = tokens * (1 - Math.exp(-perToken * bound * KEPT_FOR_BOUNDS));
    const batches = Math.ceil((inUse * KEYS_PER_TOKEN) / KEYS_PER_REFRESH);
    const renewals = renewalsPerSecond(perIsolate * (1 - missed), interval, batches);
    return {
      commandsPerMillion: (missed + renewals / perIsolate) * 1e6,
      ...lag(interval, roundTrip, bound, perToken),
    };
  }
  const stale = Math.exp(-perIsolate * bound);
  const perPlace = perIsolate * isolatesPerColo;
  const renewals = renewalsPerSecond(perPlace, interval, 1);
  return {
    commandsPerMillion: (stale + renewals / perPlace) * 1e6,
    ...lag(interval, roundTrip, bound, perIsolate),
  };
}

/** A renewal starts with the first request after the interval: one per interval and gap between requests. */
const renewalsPerSecond = (rate: number, interval: number, batches: number): number =>
  rate === 0 ? 0 : batches / (interval + batches / rate);

/** The age of an answer in use is even between nothing and the interval, plus the wait for the next request. */
function lag(interval: number, roundTrip: number, bound: number, rate: number) {
  const wait = Math.min(1 / rate, bound);
  return { meanSeconds: Math.min(interval / 2 + roundTrip + wait / 2, bound), worstSeconds: bound };
}
