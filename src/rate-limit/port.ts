import type { RateLimitPolicy } from '../core/answer-policy.ts';

/** What is left of a limit after a request that was within it; undefined: the counter does not tell. */
export interface Turn {
  readonly remaining: number | undefined;
  readonly resetSeconds: number | undefined;
}

/** Where requests are counted. */
export interface RateCounter {
  /** Counts one request under `key`. May throw, and may never settle. */
  take(
    key: string,
    limit: Pick<RateLimitPolicy, 'limit' | 'periodSeconds' | 'timeoutMs'>,
  ): Promise<Turn & { readonly within: boolean }>;
}

/** The part of Workers' rate-limit binding that is used. Its limit and period are in the binding itself. */
export interface RateLimitBinding {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

/** Counts for each place, and only nearly: it says whether a request is within, and nothing of what is left. */
export const bindingCounter = (binding: RateLimitBinding): RateCounter => ({
  take: async (key) => ({
    within: (await binding.limit({ key })).success,
    remaining: undefined,
    resetSeconds: undefined,
  }),
});
