import type { SecretEncoding } from '../core/issuer-policy.ts';
import type { HmacAlgorithm, JwsHeader } from '../core/jose.ts';
import { HMAC_ALGORITHMS } from '../core/jose.ts';
import type { KeyProvider } from '../core/policy.ts';
import { err, type Ok, ok, type Result } from '../core/result.ts';
import { secretBytes } from '../core/secret-bytes.ts';
import type { NumericDate } from '../core/time.ts';
import type { Candidates, IssuerKeysStatus } from './port.ts';
import { staticStatus } from './static-status.ts';

/** A secret that is missing comes with the next deployment at the earliest. */
const RETRY_AFTER_SECONDS = 60;

/**
 * HMAC secrets shared with the issuer (RFC 7518 §3.2): one, or two while one replaces the other. They have no name,
 * so a token's `kid` is not looked at. Whether they are long enough is checked with the configuration, not here.
 */
export class SecretKeys {
  readonly #provider: KeyProvider;
  readonly #secrets: readonly Uint8Array<ArrayBuffer>[];
  readonly #keys = new Map<string, Ok<Candidates>>();

  constructor(provider: KeyProvider, secrets: readonly (string | undefined)[], encoding: SecretEncoding) {
    this.#provider = provider;
    this.#secrets = secrets.flatMap((secret) => (secret && secretBytes(secret, encoding)) || []);
  }

  keysFor(header: JwsHeader): Result<Candidates> | Promise<Result<Candidates>> {
    const algorithm = HMAC_ALGORITHMS.find((hmac) => hmac === header.alg);
    if (algorithm === undefined) return err({ reason: 'key_not_found', evidence: 'not an HMAC algorithm' });
    if (this.#secrets.length === 0) {
      return err({
        reason: 'keys_unavailable',
        evidence: 'the HMAC secret is not set',
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    return this.#keys.get(algorithm) ?? this.#import(algorithm);
  }

  async #import(algorithm: HmacAlgorithm): Promise<Ok<Candidates>> {
    const hash = `SHA-${algorithm.slice(2)}`;
    const cryptoKeys = await Promise.all(
      this.#secrets.map((bytes) =>
        crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash }, false, ['verify']),
      ),
    );
    const keys = cryptoKeys.map((cryptoKey) => ({ algorithm, kid: undefined, cryptoKey }));
    const imported = this.#keys.get(algorithm) ?? ok({ keys, conclusive: true });
    this.#keys.set(algorithm, imported);
    return imported;
  }

  status(_now: NumericDate): IssuerKeysStatus {
    const imported = [...this.#keys.values()].flatMap(({ value }) => value.keys);
    const entries = imported.map((key) => ({ key, thumbprint: '' }));
    const isSet = this.#secrets.length > 0;
    return staticStatus(this.#provider.name, 'secret', isSet ? { entries, rejected: [] } : undefined);
  }
}
