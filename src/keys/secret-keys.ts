import type { HmacAlgorithm, JwsHeader } from '../core/jose.ts';
import { HMAC_ALGORITHMS } from '../core/jose.ts';
import type { KeyProvider } from '../core/policy.ts';
import { err, type Ok, ok, type Result } from '../core/result.ts';
import type { NumericDate } from '../core/time.ts';
import type { Candidates, IssuerKeysStatus } from './port.ts';
import { staticStatus } from './static-status.ts';

/** A secret that is missing comes with the next deployment at the earliest. */
const RETRY_AFTER_SECONDS = 60;

/**
 * An HMAC secret shared with the issuer (RFC 7518 §3.2), as the UTF-8 bytes of the Worker secret. It has no name,
 * so a token's `kid` is not looked at. Whether it is long enough is checked with the configuration, not here.
 */
export class SecretKeys {
  readonly #provider: KeyProvider;
  readonly #secret: string | undefined;
  readonly #keys = new Map<string, Ok<Candidates>>();

  constructor(provider: KeyProvider, secret: string | undefined) {
    this.#provider = provider;
    this.#secret = secret;
  }

  keysFor(header: JwsHeader): Result<Candidates> | Promise<Result<Candidates>> {
    const algorithm = HMAC_ALGORITHMS.find((hmac) => hmac === header.alg);
    if (algorithm === undefined) return err({ reason: 'key_not_found', evidence: 'not an HMAC algorithm' });
    if (this.#secret === undefined || this.#secret === '') {
      return err({
        reason: 'keys_unavailable',
        evidence: 'the HMAC secret is not set',
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    return this.#keys.get(algorithm) ?? this.#import(algorithm, this.#secret);
  }

  async #import(algorithm: HmacAlgorithm, secret: string): Promise<Ok<Candidates>> {
    const hash = `SHA-${algorithm.slice(2)}`;
    const bytes = new TextEncoder().encode(secret);
    const cryptoKey = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash }, false, ['verify']);
    const keys = [{ algorithm, kid: undefined, cryptoKey }];
    const imported = this.#keys.get(algorithm) ?? ok({ keys, conclusive: true });
    this.#keys.set(algorithm, imported);
    return imported;
  }

  status(_now: NumericDate): IssuerKeysStatus {
    const imported = [...this.#keys.values()].flatMap(({ value }) => value.keys);
    const entries = imported.map((key) => ({ key, thumbprint: '' }));
    return staticStatus(this.#provider.name, 'secret', this.#secret ? { entries, rejected: [] } : undefined);
  }
}
