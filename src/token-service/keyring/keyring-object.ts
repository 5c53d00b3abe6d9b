import { DurableObject } from 'cloudflare:workers';
import { SignJWT } from 'jose';
import type { JsonObject } from '../../core/jose.ts';
import type { NumericDate } from '../../core/time.ts';
import { inStorage, jwksText, KeptRing } from '../../signing-keys/kept-ring.ts';
import {
  changesAt,
  hasten,
  type Keyring,
  type KeyStage,
  promotionAt,
  publishedKeys,
  type RingKey,
  stageOf,
  withdraw,
} from '../../signing-keys/rotation.ts';
import { createSealer, type Sealer } from '../../signing-keys/sealing.ts';
import { PRIVATE_SHAPES } from '../../signing-keys/signing-key.ts';
import { policyOf } from '../configured.ts';
import { type CountingBindings, type ObjectTelemetry, objectTelemetry } from '../counting.ts';
import { type DenyListBindings, denyListFrom } from '../deny-list-binding.ts';
import type { DenyList } from '../grants/deny-list.ts';
import type { ServicePolicy } from '../policy.ts';
import { type Withdrawal, type WithdrawalCause, Withdrawals } from './withdrawals.ts';

export type KeyStatus = {
  readonly kid: string;
  readonly algorithm: string;
  readonly stage: KeyStage;
  readonly publishedAt: NumericDate;
  readonly retiredAt: NumericDate | null;
};

export type KeyringStatus = {
  readonly changesAt: NumericDate;
  readonly keys: readonly KeyStatus[];
  readonly withdrawn: readonly Withdrawal[];
};

/** How often the deny-list is told of a withdrawn key until it has confirmed. */
const DENY_RETRY_SECONDS = 5;

/**
 * The one keyring. It signs here, so that a key that is withdrawn signs nothing from that moment on, and no private
 * key leaves: what is stored is sealed, what is in memory cannot be exported.
 * Its callers are this Worker's other parts alone; it does NOT check what it is asked to sign.
 */
export class KeyringObject extends DurableObject<DenyListBindings & CountingBindings> {
  readonly #policy: ServicePolicy;
  readonly #sealer: Sealer;
  readonly #ring: KeptRing;
  readonly #withdrawals: Withdrawals;
  readonly #telemetry: ObjectTelemetry;
  readonly #denyList: DenyList | undefined;
  #opened: { readonly kid: string; readonly key: Promise<CryptoKey> } | undefined;

  constructor(state: DurableObjectState, env: DenyListBindings & CountingBindings) {
    super(state, env);
    this.#policy = policyOf(env);
    this.#sealer = createSealer(this.#policy.sealing, 'signing keys');
    const clock = () => this.#now();
    this.#telemetry = objectTelemetry(env, state, clock);
    this.#denyList = denyListFrom(env, clock, this.#telemetry.emit);
    this.#withdrawals = new Withdrawals(this.ctx.storage, this.#policy.issuer);
    const place = inStorage(this.ctx.storage);
    const save = (ring: Keyring) => {
      const before = place.load();
      place.save(ring);
      // A withdrawn key leaves no previous one behind.
      if (before !== undefined && ring.previous.some(({ kid }) => kid === before.current.kid)) {
        this.#telemetry.count((counters) => counters.key('rotated'));
      }
    };
    const wakeAt = (at: NumericDate) =>
      place.wakeAt(this.#withdrawals.pending() > 0 ? Math.min(at, this.#now() + DENY_RETRY_SECONDS) : at);
    this.#ring = new KeptRing(
      { ...place, save, wakeAt },
      {
        algorithm: this.#policy.algorithm,
        times: this.#policy.keys,
        sealer: this.#sealer,
        clock,
      },
    );
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
    const ring = await this.#ring.current();
    this.#tell(ring);
    return jwksText(ring);
  }

  async status(): Promise<KeyringStatus> {
    const ring = await this.#ring.current();
    this.#tell(ring);
    return {
      changesAt: changesAt(ring, this.#policy.keys),
      keys: publishedKeys(ring).map((key) => ({
        kid: key.kid,
        algorithm: key.algorithm,
        stage: stageOf(ring, key),
        publishedAt: key.publishedAt,
        retiredAt: key.retiredAt,
      })),
      withdrawn: this.#withdrawals.list(),
    };
  }

  /** Rotates as soon as the next key has been published for long enough. */
  async rotate(): Promise<KeyringStatus> {
    await this.#ring.change((ring) => hasten(ring, this.#now()));
    return await this.status();
  }

  /**
   * Emergency: the key is out of the set and signs nothing when this returns, and every token of it is on the deny-list,
   * or will be: see `denied`. Null for a key that this ring has not, and has not withdrawn. Repeating it changes nothing.
   */
  async withdraw(kid: string, cause: WithdrawalCause): Promise<Withdrawal | null> {
    const times = this.#policy.keys;
    const ring = await this.#ring.current();
    const isPublished = publishedKeys(ring).some((key) => key.kid === kid);
    if (!isPublished && !this.#withdrawals.has(kid)) return null;
    // Also where it was entered and the write of the ring has failed.
    if (isPublished) {
      await this.#ring.change((each, spare, now) => {
        if (!this.#withdrawals.has(kid)) this.#withdrawals.enter(kid, cause, now);
        return withdraw(each, kid, { times, spare }, now);
      });
      this.#telemetry.emit({ event: 'signing_key_withdrawn', level: 'warn', kid });
      this.#telemetry.count((counters) => counters.key('withdrawn'));
    }
    await this.#deny();
    return this.#withdrawals.list().find((each) => each.kid === kid) ?? null;
  }

  override async alarm(): Promise<void> {
    await this.#deny();
    const ring = await this.#ring.current();
    this.#tell(ring);
    await this.#ring.wake(ring);
  }

  #tell(ring: Keyring): void {
    this.#telemetry.tellKeys({
      at: this.#now(),
      currentPublishedAt: ring.current.publishedAt,
      rotatesAt: promotionAt(ring, this.#policy.keys),
      published: publishedKeys(ring).length,
      denialsPending: this.#withdrawals.pending(),
    });
  }

  async #deny(): Promise<void> {
    if (await this.#withdrawals.deny(this.#denyList?.store, this.#now())) return;
    this.#telemetry.emit({ event: 'signing_key_denial_pending', level: 'error' });
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
