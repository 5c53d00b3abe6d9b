import type { RequestContext } from '../core/context.ts';
import type { OperationalEvent } from '../core/event.ts';
import type { Clock } from '../core/time.ts';
import type { DecryptionKeySource, KeySource } from '../keys/port.ts';
import type { Guesses } from '../rate-limit/guesses.ts';
import type { TargetDigest } from '../telemetry/target-digest.ts';
import type { Sign } from './access-token/issue.ts';
import type { ServiceCounting } from './counting.ts';
import type { DenyList } from './grants/deny-list.ts';
import type { GrantIndexNamespace } from './grants/grant-index.ts';
import type { GrantObject } from './grants/grant-object.ts';
import { KEYRING_NAME, type KeyringNamespace } from './keyring/keyring-namespace.ts';
import type { TransactionSealer } from './login/transaction.ts';
import type { ServicePolicy } from './policy.ts';
import type { UpstreamLogin } from './upstream/login.ts';

/** One object for each grant, named by its identifier. */
export type GrantNamespace = DurableObjectNamespace<GrantObject>;

/** What the token service works with. Built once per isolate by `worker.ts`: holds no I/O object of a request. */
export interface ServicePorts {
  readonly policy: ServicePolicy;
  readonly keyring: KeyringNamespace;
  readonly grants: GrantNamespace;
  readonly grantIndex: GrantIndexNamespace;
  /** Of every issuer and of every client that signs assertions. */
  readonly keys: KeySource;
  /** undefined: no issuer encrypts its tokens. */
  readonly decryption?: DecryptionKeySource | undefined;
  /** undefined: the configuration does without. */
  readonly denyList: DenyList | undefined;
  readonly clock: Clock;
  readonly emit: (event: OperationalEvent) => void;
  /** undefined: nothing is counted. */
  readonly counting?: ServiceCounting | undefined;
  /** What stands for a subject or a grant in the audit line. */
  readonly digestOf: TargetDigest;
  readonly login: UpstreamLogin;
  readonly transactions: TransactionSealer;
  /** Whether the caller named by `key` is within its rate; logins and refreshes are counted apart. */
  readonly withinRate: (key: string, of?: RateKind) => Promise<boolean>;
  /** Failed client authentications; undefined: nobody counts them. */
  readonly guesses?: Guesses | undefined;
}

export type RateKind = 'login' | 'refresh';

export const signerOf =
  ({ keyring }: Pick<ServicePorts, 'keyring'>): Sign =>
  (claims, type) =>
    keyring.getByName(KEYRING_NAME).sign(claims, type);

/** One request to an endpoint. */
export interface Exchange {
  readonly request: Request;
  readonly ports: ServicePorts;
  readonly context: RequestContext;
}
