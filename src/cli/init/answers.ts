import type { ProviderName } from './providers.ts';

export const STORES = ['embedded', 'redis'] as const;

/** The Worker of the new project. */
export const ENTRY_FILE = 'src/gateway.ts';

/** What has to be known to write a first policy. */
export interface Answers {
  /** What the Worker is called. */
  readonly name: string;
  readonly provider: ProviderName;
  readonly issuer: string;
  readonly audience: string;
  readonly origin: string;
  readonly store: (typeof STORES)[number];
  /** The policy stands in the entry file, not in wrangler.toml. */
  readonly inCode: boolean;
}
