import type { NumericDate } from '../../core/time.ts';

/** Seconds. */
export interface FamilyTimes {
  /** How long an authorization code is good for (RFC 6749 §4.1.2). */
  readonly codeSeconds: number;
  /** How long after its use the same refresh token gets the same successor; 0: never. */
  readonly reuseIntervalSeconds: number;
  /** From the login, whatever is done with it. */
  readonly absoluteSeconds: number;
  /** From the last use. */
  readonly idleSeconds: number;
}

export type EndReason =
  | 'code_reused'
  | 'refresh_reused'
  | 'expired'
  | 'revoked'
  | 'logged_out'
  /** Its browser has logged in anew. */
  | 'replaced'
  | 'subject_revoked'
  | 'ended_by_admin';

/** Ends that tell of a theft, or of a client that breaks the rules. */
export const REUSE_EVENTS: { readonly [why in EndReason]?: string } = {
  code_reused: 'code_reuse_detected',
  refresh_reused: 'refresh_reuse_detected',
};

/**
 * One login: the code that opens it, then a family of refresh tokens told apart by their generation. The tokens
 * themselves are derived elsewhere; here a generation stands for one whose authenticity has been checked.
 */
export type Family =
  | { readonly phase: 'code'; readonly startedAt: NumericDate }
  | {
      readonly phase: 'live';
      readonly startedAt: NumericDate;
      /** The newest generation given out; the one before it may be repeated for a while. */
      readonly generation: number;
      /** When `generation` was first given out, which is when the one before it was used. */
      readonly rotatedAt: NumericDate;
    }
  | { readonly phase: 'ended'; readonly why: EndReason; readonly at: NumericDate };

export type Outcome =
  | { readonly kind: 'issued' | 'repeated'; readonly generation: number }
  | { readonly kind: 'refused'; readonly why: EndReason };

export interface Step {
  readonly family: Family;
  readonly outcome: Outcome;
}

export const FIRST_GENERATION = 0;

export const awaitingCode = (now: NumericDate): Family => ({ phase: 'code', startedAt: now });

/** A grant without a code, by an assertion for example: its first generation is given out at once. */
export const opened = (now: NumericDate): Family => ({
  phase: 'live',
  startedAt: now,
  generation: FIRST_GENERATION,
  rotatedAt: now,
});

/**
 * Uses the authorization code, whose client, redirect URI and verifier have been checked. A second use is an attack or
 * a bug of the client, and ends what the first one began (RFC 6749 §4.1.2).
 */
export function redeem(family: Family, times: FamilyTimes, now: NumericDate): Step {
  switch (family.phase) {
    case 'code':
      return now < family.startedAt + times.codeSeconds
        ? issue(FIRST_GENERATION, now, now)
        : ended('expired', now);
    case 'live':
      return ended('code_reused', now);
    case 'ended':
      return refusedAgain(family);
  }
}

/**
 * Uses a refresh token of `generation` (RFC 9700 §4.14.2). The newest makes a successor. The one before it, within the
 * reuse interval of its first use, gets that same successor: two tabs, a retry and a lost answer all end well. Anything
 * else is a token that somebody else has used, and ends the grant.
 */
export function refresh(family: Family, generation: number, times: FamilyTimes, now: NumericDate): Step {
  switch (family.phase) {
    case 'code':
      return { family, outcome: { kind: 'refused', why: 'expired' } };
    case 'ended':
      return refusedAgain(family);
    case 'live': {
      if (now >= expiresAt(family, times)) return ended('expired', now);
      if (generation === family.generation) return issue(generation + 1, family.startedAt, now);
      return generation === family.generation - 1 && isRepeatable(family, times, now)
        ? { family, outcome: { kind: 'repeated', generation: family.generation } }
        : ended('refresh_reused', now);
    }
  }
}

/** A clock that goes back does not lengthen an interval of 0. */
const isRepeatable = (
  { rotatedAt }: { readonly rotatedAt: NumericDate },
  { reuseIntervalSeconds }: FamilyTimes,
  now: NumericDate,
): boolean => Math.max(0, now - rotatedAt) < reuseIntervalSeconds;

/** Ends the grant; one that has ended keeps its first reason. */
export const end = (family: Family, why: EndReason, now: NumericDate): Family =>
  family.phase === 'ended' ? family : { phase: 'ended', why, at: now };

/** From then on no code or token of the grant is worth anything. */
export function expiresAt(family: Family, times: FamilyTimes): NumericDate {
  switch (family.phase) {
    case 'code':
      return family.startedAt + times.codeSeconds;
    case 'live':
      return Math.min(family.startedAt + times.absoluteSeconds, family.rotatedAt + times.idleSeconds);
    case 'ended':
      return family.at;
  }
}

/** Until when the newest refresh token is good; null for any other. */
export const newestUntil = (family: Family, generation: number, times: FamilyTimes): NumericDate | null =>
  family.phase === 'live' && family.generation === generation ? expiresAt(family, times) : null;

const issue = (generation: number, startedAt: NumericDate, now: NumericDate): Step => ({
  family: { phase: 'live', startedAt, generation, rotatedAt: now },
  outcome: { kind: 'issued', generation },
});

const ended = (why: EndReason, now: NumericDate): Step => ({
  family: { phase: 'ended', why, at: now },
  outcome: { kind: 'refused', why },
});

const refusedAgain = (family: Family & { readonly phase: 'ended' }): Step => ({
  family,
  outcome: { kind: 'refused', why: family.why },
});
