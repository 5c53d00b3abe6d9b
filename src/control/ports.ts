import type { RequestContext } from '../core/context.ts';
import type { OperationalEvent } from '../core/event.ts';
import type { Clock } from '../core/time.ts';
import type { DecryptionKeySource, KeySource } from '../keys/port.ts';
import type { MetricsReading } from '../metrics/metrics-object.ts';
import type { RecentReading } from '../metrics/recent.ts';
import type { RefusalQuery, RefusalReading } from '../metrics/refusal-ring.ts';
import type { Revocation } from '../revocation/check.ts';
import type { RevocationReader } from '../revocation/port.ts';
import type { RevocationStore } from '../revocation-store/port.ts';
import type { TargetDigest } from '../telemetry/target-digest.ts';
import type { AlarmsPort } from './alarms/watch.ts';
import type { AuditTrail } from './audit.ts';
import type { Peer } from './peer.ts';
import type { ControlPolicy } from './policy.ts';

/** What the control Worker works with. Built once per isolate by `worker.ts`: holds no I/O object of a request. */
export interface ControlPorts {
  readonly policy: ControlPolicy;
  readonly keys: KeySource;
  /** undefined: no issuer encrypts its tokens. */
  readonly decryption?: DecryptionKeySource | undefined;
  readonly store: RevocationStore;
  /** Which one that is, for people to compare with the gateway's. */
  readonly storeName: string;
  /** Asked about admin tokens, so that a stolen one can be revoked like any other. */
  readonly revocation: Revocation;
  /** Asked about keys; fails while the store is in doubt. */
  readonly reader: RevocationReader;
  /** What stands for a target in the audit line. */
  readonly digestOf: TargetDigest;
  readonly clock: Clock;
  readonly emit: (event: OperationalEvent) => void;
  /** undefined: there is nothing at `/metrics`. */
  readonly metrics?: MetricsPort | undefined;
  /** undefined: no alarms are kept. */
  readonly alarms?: AlarmsPort | undefined;
  /** undefined: nothing is counted, so there is nothing to show. */
  readonly counts?: CountsPort | undefined;
  /** undefined: control asks no gateway. */
  readonly gateway?: Peer | undefined;
  /** undefined: control asks no token service. */
  readonly tokenService?: Peer | undefined;
  /** undefined: this Worker was built without. */
  readonly console?: ConsoleFiles | undefined;
  /** Whether the caller named by `key` is within its rate. */
  readonly withinRate: (key: string) => Promise<boolean>;
}

/** What the gateway has counted and refused, for the admin API. Throws when the object does not answer. */
export interface CountsPort {
  readonly read: () => Promise<MetricsReading>;
  readonly recent: () => Promise<RecentReading>;
  readonly refusals: (query: RefusalQuery) => Promise<RefusalReading>;
}

/** What is served below `/console/`: the page, and files whose names change with their content. */
export interface ConsoleFiles {
  readonly page: string;
  readonly files: Readonly<Record<string, { readonly type: string; readonly body: string }>>;
}

/** Where the counts are, and what a scraper has to know. */
export interface MetricsPort {
  readonly token: string;
  /** Throws when the object does not answer. */
  readonly read: () => Promise<MetricsReading>;
}

/** One request to an intake. `trail` is filled in as the intake learns who asks for what. */
export interface Intake {
  readonly request: Request;
  readonly ports: ControlPorts;
  readonly context: RequestContext;
  readonly trail: AuditTrail;
}
