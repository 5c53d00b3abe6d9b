import type { OperationalEvent } from '../core/event.ts';

/** The part of a rate-limit binding that is used. */
export interface RateLimiter {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

/**
 * Whether the caller named by `key` is within its rate. Without a limiter everybody is, and one that fails limits
 * nobody: whoever is let through still needs a credential or a signature.
 */
export async function withinRate(
  limiter: RateLimiter | undefined,
  key: string,
  emit: (event: OperationalEvent) => void,
): Promise<boolean> {
  try {
    return limiter === undefined || (await limiter.limit({ key })).success;
  } catch {
    emit({ event: 'rate_limit_failed', level: 'warn' });
    return true;
  }
}
