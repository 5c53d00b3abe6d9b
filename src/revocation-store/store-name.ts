/** What both Workers call the gateway's Durable Object in their status. */
export const EMBEDDED = 'embedded (Durable Object)';

/** The same for a Redis: its address without anything that could be a secret. `url` is one that can be parsed. */
export const redisName = (url: string): string => `Redis at ${new URL(url).host}`;
