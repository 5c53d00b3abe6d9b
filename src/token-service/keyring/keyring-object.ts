import { DurableObject } from 'cloudflare:workers';
import { SignJWT } from 'jose';
import type { JsonObject } from '../../core/jose.ts';
import type { NumericDate } from '../../core/time.ts';
import { inStorage, jwksText, KeptRing } from '../../signing-keys/kept-ring.ts';
import {
  changesAt,
  hasten,
  type KeyStage,
  publishedKeys,
  type RingKey,
  stageOf,
  withdraw,
} from '../../signing-keys/rotation.ts';
import { createSealer, type Sealer } from '../../signing-keys/sealing.ts';
import { PRIVATE_SHAPES } from '../../signing-keys/signing-key.ts';
import { policyOf } from '../configured.ts';
import type { ServicePolicy } from '../policy.ts';

export type KeyStatus = {
  readonly kid: string;
  readonly algorithm: string;
  readonly stage: KeyStage;
  readonly publishedAt: NumericDate;
  readonly retiredAt: NumericDate | null;
};

export type KeyringStatus = { readonly changesAt: NumericDate; readonly keys: readonly KeyStatus[] };

/**
 * The one keyring. It signs here, so that a key that is withdrawn signs nothing from that moment on, and no private
 * key leaves: what is stored is sealed, what is in memory cannot be exported.
 * Its callers are this Worker's other parts alone; it does NOT check what it is asked to sign.
 */
export class KeyringObject extends DurableObject {
  readonly #policy: ServicePolicy;
  readonly #sealer: Sealer;
  readonly #ring: KeptRing;
  #opened: { readonly kid: string; readonly key: Promise<CryptoKey> } | undefined;

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    this.#policy = policyOf(env);
    this.#sealer = createSealer(this.#policy.sealing, 'signing keys');
    this.#ring = new KeptRing(inStorage(this.ctx.storage), {
      algorithm: this.#policy.algorithm,
      times: this.#policy.keys,
      sealer: this.#sealer,
      clock: () => this.#now(),
    });
  }

  #now(): NumericDate {
    return Date.now() / 1000;
  }

  /** A compact JWS (RFC 7515 §3.1) over the claims, by the current key. */
  async sign(claims: JsonObject, type: string): Promise<string> {
    const { current } = await this.#ring.current();
    const key = await this.#open(current);
    return await new SignJWT(claims)
      .setProtectedHeader({ alg: current.algorithm, typ: type, kid: current.kid })
      .sign(key);
  }

  /** The published keys as the text of a JWK Set (RFC 7517 §5). */
  async jwks(): Promise<string> {
    return jwksText(await this.#ring.current());
  }

  async status(): Promise<KeyringStatus> {
    const ring = await this.#ring.current();
    return {
      changesAt: changesAt(ring, this.#policy.keys),
      keys: publishedKeys(ring).map((key) => ({
        kid: key.kid,
        algorithm: key.algorithm,
        stage: stageOf(ring, key),
        publishedAt: key.publishedAt,
        retiredAt: key.retiredAt,
      })),
    };
  }

  /** Rotates as soon as the next key has been published for long enough. */
  async rotate(): Promise<KeyringStatus> {
    await this.#ring.change((ring) => hasten(ring, this.#now()));
    return await this.status();
  }

  /** Emergency: the key is out of the set and signs nothing when this returns. Repeating it changes nothing. */
  async withdraw(kid: string): Promise<KeyringStatus> {
    const times = this.#policy.keys;
    await this.#ring.change((ring, spare, now) => withdraw(ring, kid, { times, spare }, now));
    return await this.status();
  }

  override async alarm(): Promise<void> {
    await this.#ring.wake(await this.#ring.current());
  }

  async #open({ kid, algorithm, sealed }: RingKey): Promise<CryptoKey> {
    if (this.#opened?.kid !== kid) {
      this.#opened = { kid, key: this.#sealer.open(sealed, PRIVATE_SHAPES[algorithm], kid) };
    }
    try {
      return await this.#opened.key;
    } catch (error) {
      this.#opened = undefined;
      throw error;
    }
  }
}
