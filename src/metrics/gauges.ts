import type { NumericDate } from '../core/time.ts';

/** `none`: it was asked for in vain, or what was held is too old to be used. */
export type KeySetState = 'fresh' | 'stale' | 'none';

/** What one isolate holds of an issuer's keys. A time that is undefined never comes. */
export interface KeySetGauges {
  /** A name of the policy. */
  readonly issuer: string;
  readonly state: KeySetState;
  /** Whether the last attempt to refresh it failed, within the last hour: a set that is stale without that merely was not needed. */
  readonly failing: boolean;
  readonly freshUntil: NumericDate | undefined;
  /** The set is refused from here on: the bound of `stale_if_error`. */
  readonly usableUntil: NumericDate | undefined;
  /** The earliest time at which a request sets off the next refresh. */
  readonly refreshAt: NumericDate | undefined;
  /** How many keys of it are usable. */
  readonly keys: number;
}

/** The token service's signing keys, as its keyring found them. */
export interface SigningKeyGauges {
  /** When that was. */
  readonly at: NumericDate;
  /** When the key was published that signs now. */
  readonly currentPublishedAt: NumericDate;
  /** When the next one takes its place by itself. */
  readonly rotatesAt: NumericDate;
  /** How many keys are in the published set. */
  readonly published: number;
  /** Withdrawn keys that the deny-list has not confirmed. */
  readonly denialsPending: number;
}

/** What an isolate holds when it hands on. It says nothing of what became of it since. */
export interface Gauges {
  readonly at: NumericDate;
  /** Of each issuer whose keys this isolate of the gateway has asked for. */
  readonly keySets: readonly KeySetGauges[];
  /** undefined: this is no isolate of the gateway. */
  readonly store:
    | {
        /** Why absences mean nothing; undefined: no doubt, as of the last answer. */
        readonly doubt: string | undefined;
        /** The highest that was seen; 0: none yet. */
        readonly position: number;
      }
    | undefined;
  /** undefined: this isolate holds no copy of the deny-list. */
  readonly replica: { readonly asOf: NumericDate } | undefined;
  /** undefined: the keyring has not been asked in this isolate. */
  readonly signingKeys?: SigningKeyGauges | undefined;
}
