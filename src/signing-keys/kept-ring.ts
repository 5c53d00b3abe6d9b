import type { Clock, NumericDate } from '../core/time.ts';
import {
  advance,
  changesAt,
  type Keyring,
  type KeyTimes,
  newKeyring,
  publishedKeys,
  type RingKey,
  type SigningAlgorithm,
  withAlgorithm,
} from './rotation.ts';
import type { Sealer } from './sealing.ts';
import { makeSigningKey, PRIVATE_SHAPES } from './signing-key.ts';

/** Where a ring is kept: one place that does one thing at a time, such as a Durable Object. */
export interface RingPlace {
  load(): Keyring | undefined;
  save(ring: Keyring): void;
  /** Calls the place at that time, so that the ring rotates though nobody asks. */
  wakeAt(at: NumericDate): Promise<void>;
}

export interface RingRules {
  readonly algorithm: SigningAlgorithm;
  readonly times: KeyTimes;
  readonly sealer: Sealer;
  readonly clock: Clock;
}

/** A change of the ring; `spare` takes the place of a key that goes. */
export type RingChange = (ring: Keyring, spare: RingKey, now: NumericDate) => Keyring;

/** One ring and its rotation. Private keys are sealed in it; opening one is left to who signs. */
export class KeptRing {
  readonly #place: RingPlace;
  readonly #rules: RingRules;

  constructor(place: RingPlace, rules: RingRules) {
    this.#place = place;
    this.#rules = rules;
  }

  /** The ring as it stands now. */
  async current(): Promise<Keyring> {
    const ring = this.#place.load();
    const { algorithm, times, sealer, clock } = this.#rules;
    const settled =
      ring !== undefined &&
      clock() < changesAt(ring, times) &&
      ring.next.algorithm === algorithm &&
      publishedKeys(ring).every(({ sealed }) => sealer.isCurrent(sealed));
    return settled ? ring : await this.change((each) => each);
  }

  /** Makes what a change may need first, so that reading, changing and writing the ring is one step. */
  async change(change: RingChange): Promise<Keyring> {
    const { algorithm, times, sealer, clock } = this.#rules;
    const now = clock();
    const [first, second, third] = await Promise.all([
      makeSigningKey(algorithm, sealer, now),
      makeSigningKey(algorithm, sealer, now),
      makeSigningKey(algorithm, sealer, now),
    ]);
    const resealed = await this.#resealed();
    const stored = this.#place.load() ?? newKeyring(first, second, times, now);
    const changed = change(withAlgorithm(resealed(stored), algorithm, second), third, now);
    const ring = advance(changed, times, first, now);
    this.#place.save(ring);
    await this.wake(ring);
    return ring;
  }

  async wake(ring: Keyring): Promise<void> {
    await this.#place.wakeAt(changesAt(ring, this.#rules.times));
  }

  /** Seals with the first secret what an older one has sealed. */
  async #resealed(): Promise<(ring: Keyring) => Keyring> {
    const { sealer } = this.#rules;
    const ring = this.#place.load();
    const old = ring === undefined ? [] : publishedKeys(ring).filter((key) => !sealer.isCurrent(key.sealed));
    const renewed = new Map(
      await Promise.all(
        old.map(
          async ({ kid, algorithm, sealed }) =>
            [kid, await sealer.reseal(sealed, PRIVATE_SHAPES[algorithm], kid)] as const,
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
}

/** The published keys as the text of a JWK Set (RFC 7517 §5). */
export const jwksText = (ring: Keyring): string =>
  JSON.stringify({ keys: publishedKeys(ring).map(({ publicJwk }) => publicJwk) });

const RING = 'ring';

/** A ring in a Durable Object's storage. */
export const inStorage = (storage: DurableObjectStorage): RingPlace => ({
  load: () => storage.kv.get<Keyring>(RING),
  save: (ring) => storage.kv.put(RING, ring),
  wakeAt: (at) => storage.setAlarm(Math.ceil(at * 1000)),
});
