import type { RequestContext } from '../core/context.ts';
import type { JwsHeader, VerificationKey } from '../core/jose.ts';
import type { KeyProvider } from '../core/policy.ts';
import type { Result } from '../core/result.ts';
import type { NumericDate } from '../core/time.ts';
import type { FreshnessState } from './freshness.ts';

/** Keys of which one may have made a token's signature: between one and four, each for the token's `alg`. */
export interface Candidates {
  readonly keys: readonly VerificationKey[];
  /** No other key comes into question. False: the token names none of them, so the issuer may know another. */
  readonly conclusive: boolean;
}

/**
 * Of when a set must be for a key that it lacks to be missing for certain; before, it is `keys_unavailable`.
 * `cooldown`: no older than one cooldown, so that made-up names cannot raise doubt at will. `request`: of after the
 * request arrived; for whoever gives an answer that is final for the sender.
 */
export type MissingAsOf = 'cooldown' | 'request';

/** Where the verifier gets the keys that fit a token's header. */
export interface KeySource {
  /**
   * The keys of `provider` that fit `alg` and the names in the header together. Answers without a promise when they are
   * in memory. With `tried`, keys of an answer that was not conclusive and none of which made the signature: those
   * that the issuer has beside them, where it may be asked.
   * Rejections: `algorithm_not_allowed`, `key_not_found` or, with `tried`, `signature_invalid` (the issuer's set is
   * known not to hold it) and `keys_unavailable` (not known). Never throws for anything a client or an issuer sends.
   * It does not check a signature, and `header` is still unauthenticated.
   */
  keysFor(
    provider: KeyProvider,
    header: JwsHeader,
    context: RequestContext,
    tried?: readonly VerificationKey[],
  ): Result<Candidates> | Promise<Result<Candidates>>;
  /** For the status endpoint: what this isolate holds, one entry for each configured issuer. */
  status(now: NumericDate): readonly IssuerKeysStatus[];
}

/** What the header of an encrypted token says of the key that it is for; unauthenticated. */
export interface DecryptionWanted {
  readonly alg: 'ECDH-ES' | 'ECDH-ES+A256KW' | 'RSA-OAEP-256';
  readonly kid: string | undefined;
  /** Of `epk`; undefined for RSA. */
  readonly curve: string | undefined;
}

export interface DecryptionKey {
  /** The name of the secret. */
  readonly binding: string;
  readonly kid: string | undefined;
  readonly cryptoKey: CryptoKey;
}

/** Where the verifier gets the private keys that encrypted tokens are made for. */
export interface DecryptionKeySource {
  /**
   * Of the secrets of these names the keys that fit, at most two; none where more would. `keys_unavailable` where one
   * that may fit cannot be imported and no other fits. Never throws for anything a client sends.
   */
  keysFor(bindings: readonly string[], wanted: DecryptionWanted): Promise<Result<readonly DecryptionKey[]>>;
}

export interface IssuerKeysStatus {
  /** The table name of the issuer. */
  readonly issuer: string;
  readonly from: 'remote' | 'inline' | 'secret';
  /** `cold`: nothing was loaded yet in this isolate. */
  readonly state: FreshnessState | 'cold';
  readonly jwksUri: string | undefined;
  /** Since the issuer last gave or confirmed the set. */
  readonly ageSeconds: number | undefined;
  readonly freshUntil: NumericDate | undefined;
  /** The set is not used after this. */
  readonly usableUntil: NumericDate | undefined;
  /** The earliest time at which a request sets off the next refresh. */
  readonly nextRefreshAt: NumericDate | undefined;
  readonly refreshing: boolean;
  readonly keys: readonly { readonly kid: string | null; readonly algorithms: readonly string[] }[];
  readonly rejected: readonly { readonly kid: string | null; readonly why: string }[];
  readonly lastError: { readonly why: string; readonly detail: string; readonly at: NumericDate } | undefined;
}

/** The part of the platform's `fetch` that this room uses. */
export type FetchDocument = (url: string, init: RequestInit) => Promise<Response>;
