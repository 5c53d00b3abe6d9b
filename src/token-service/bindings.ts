import type { CountingBindings } from './counting.ts';
import type { DenyListBindings } from './deny-list-binding.ts';
import type { GrantIndexNamespace } from './grants/grant-index.ts';
import type { KeyringNamespace } from './keyring/keyring-namespace.ts';

/** What the Worker and its Durable Objects are given beside variables and secrets. */
export interface ServiceBindings extends DenyListBindings, CountingBindings {
  readonly KEYRING: KeyringNamespace;
  readonly GRANT_INDEX: GrantIndexNamespace;
  readonly RATE_LIMIT?: RateLimit;
  readonly LOGIN_RATE_LIMIT?: RateLimit;
  readonly REFRESH_RATE_LIMIT?: RateLimit;
  readonly FAILED_AUTHENTICATION_RATE_LIMIT?: RateLimit;
}
