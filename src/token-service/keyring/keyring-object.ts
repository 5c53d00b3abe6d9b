import { DurableObject } from 'cloudflare:workers';
import { SignJWT } from 'jose';
import type { JsonObject } from '../../core/jose.ts';
import type { NumericDate } from '../../core/time.ts';
import { policyOf } from '../configured.ts';
import type { ServicePolicy } from '../policy.ts';
import {
  advance,
  changesAt,
  hasten,
  type Keyring,
  type KeyStage,
  newKeyring,
  publishedKeys,
  type RingKey,
  stageOf,
  withAlgorithm,
  withdraw,
} from './rotation.ts';
import { createSealer, type Sealer } from './sealing.ts';
import { makeSigningKey, PRIVATE_SHAPES } from './signing-key.ts';

export type KeyStatus = {
  readonly kid: string;
  readonly algorithm: string;
  readonly stage: KeyStage;
  readonly publishedAt: NumericDate;
  readonly retiredAt: NumericDate | null;
};

export type KeyringStatus = { readonly changesAt: NumericDate; readonly keys: readonly KeyStatus[] };

const RING = 'ring';

/**
 * The one keyring. It signs here, so that a key that is withdrawn signs nothing from that moment on, and no private
 * key leaves: what is stored is sealed, what is in memory cannot be exported.
 * Its callers are this Worker's other parts alone; it does NOT check what it is asked to sign.
 */
export class KeyringObject extends DurableObject {
  readonly #policy: ServicePolicy;
  readonly #sealer: Sealer;
  #opened: { readonly kid: string; readonly key: Promise<CryptoKey> } | undefined;

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    this.#policy = policyOf(env);
    this.#sealer = createSealer(this.#policy.sealing, 'signing keys');
  }

  #now(): NumericDate {
    return Date.now() / 1000;
  }

  /** A compact JWS (RFC 7515 §3.1) over the claims, by the current key. */
  async sign(claims: JsonObject, type: string): Promise<string> {
    const { current } = await this.#ring();
    const key = await this.#open(current);
    return await new SignJWT(claims)
      .setProtectedHeader({ alg: current.algorithm, typ: type, kid: current.kid })
      .sign(key);
  }

  /** The published keys as the text of a JWK Set (RFC 7517 §5). */
  async jwks(): Promise<string> {
    return JSON.stringify({ keys: publishedKeys(await this.#ring()).map(({ publicJwk }) => publicJwk) });
  }

  async status(): Promise<KeyringStatus> {
    const ring = await this.#ring();
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
    await this.#change((ring) => hasten(ring, this.#now()));
    return await this.status();
  }

  /** Emergency: the key is out of the set and signs nothing when this returns. Repeating it changes nothing. */
  async withdraw(kid: string): Promise<KeyringStatus> {
    const times = this.#policy.keys;
    await this.#change((ring, spare, now) => withdraw(ring, kid, { times, spare }, now));
    return await this.status();
  }

  override async alarm(): Promise<void> {
    await this.#wake(await this.#ring());
  }

  /** The ring as it stands now. */
  async #ring(): Promise<Keyring> {
    const ring = this.#stored();
    const { algorithm, keys } = this.#policy;
    const settled =
      ring !== undefined &&
      this.#now() < changesAt(ring, keys) &&
      ring.next.algorithm === algorithm &&
      publishedKeys(ring).every(({ sealed }) => this.#sealer.isCurrent(sealed));
    return settled ? ring : await this.#change((each) => each);
  }

  /** Makes what a change may need first, so that reading, changing and writing the ring is one step. */
  async #change(change: (ring: Keyring, spare: RingKey, now: NumericDate) => Keyring): Promise<Keyring> {
    const now = this.#now();
    const { algorithm, keys } = this.#policy;
    const [first, second, third] = await Promise.all([
      makeSigningKey(algorithm, this.#sealer, now),
      makeSigningKey(algorithm, this.#sealer, now),
      makeSigningKey(algorithm, this.#sealer, now),
    ]);
    const resealed = await this.#resealed();
    const stored = this.#stored() ?? newKeyring(first, second, keys, now);
    const changed = change(withAlgorithm(resealed(stored), algorithm, second), third, now);
    const ring = advance(changed, keys, first, now);
    this.ctx.storage.kv.put(RING, ring);
    await this.#wake(ring);
    return ring;
  }

  /** Seals with the first secret what an older one has sealed. */
  async #resealed(): Promise<(ring: Keyring) => Keyring> {
    const ring = this.#stored();
    const old =
      ring === undefined ? [] : publishedKeys(ring).filter((key) => !this.#sealer.isCurrent(key.sealed));
    const renewed = new Map(
      await Promise.all(
        old.map(
          async ({ kid, algorithm, sealed }) =>
            [kid, await this.#sealer.reseal(sealed, PRIVATE_SHAPES[algorithm], kid)] as const,
        ),
      ),
    );
    const renew = (key: RingKey): RingKey => ({ ...key, sealed: renewed.get(key.kid) ?? key.sealed });
    return ({ current, next, previous, rotateAt }) => ({
      current: renew(current),
      next: renew(next),
      previous: previous.map(renew),
      rotateAt,
    });
  }

  #stored(): Keyring | undefined {
    return this.ctx.storage.kv.get<Keyring>(RING);
  }

  async #wake(ring: Keyring): Promise<void> {
    await this.ctx.storage.setAlarm(Math.ceil(changesAt(ring, this.#policy.keys) * 1000));
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
