import { KEY_REVOCATION_SECONDS } from '../../core/revocation.ts';
import type { NumericDate } from '../../core/time.ts';
import type { RevocationEntry, RevocationStore } from '../../revocation-store/port.ts';

/** A key that was withdrawn, and whether the deny-list knows. A type: it crosses RPC. */
export type Withdrawal = {
  readonly kid: string;
  readonly at: NumericDate;
  readonly denied: boolean;
};

/** Who asked, and why. */
export type WithdrawalCause = { readonly by: string; readonly reason: string };

type Kept = Withdrawal & WithdrawalCause;

const PREFIX = 'withdrawn:';

/**
 * The withdrawn keys of a keyring. One is entered in the same write that takes the key out of the ring, and stays pending
 * until the deny-list has it: a failure in between is made up for. Remembered for as long as the deny-list does.
 */
export class Withdrawals {
  readonly #storage: Pick<DurableObjectStorage, 'kv'>;
  readonly #issuer: string;

  constructor(storage: Pick<DurableObjectStorage, 'kv'>, issuer: string) {
    this.#storage = storage;
    this.#issuer = issuer;
  }

  /** Without an await: in one write with what else is stored now. */
  enter(kid: string, { by, reason }: WithdrawalCause, at: NumericDate): void {
    const kept: Kept = { kid, at, by, reason, denied: false };
    this.#storage.kv.put(PREFIX + kid, kept);
  }

  has(kid: string): boolean {
    return this.#storage.kv.get(PREFIX + kid) !== undefined;
  }

  /** The newest first. */
  list(): readonly Withdrawal[] {
    return this.#all()
      .map(({ kid, at, denied }) => ({ kid, at, denied }))
      .sort((one, other) => other.at - one.at);
  }

  /** How many the deny-list has not confirmed. */
  pending(): number {
    return this.#all().filter(({ denied }) => !denied).length;
  }

  /** Tells the deny-list what it does not know yet; false where it has not confirmed. `store` undefined: there is none. */
  async deny(store: RevocationStore | undefined, now: NumericDate): Promise<boolean> {
    const all = this.#all();
    for (const { kid, at } of all) {
      if (now >= at + KEY_REVOCATION_SECONDS) this.#storage.kv.delete(PREFIX + kid);
    }
    const pending = all.filter(({ denied }) => !denied);
    if (pending.length === 0) return true;
    try {
      await store?.revoke(pending.map((kept) => this.#entry(kept)));
    } catch {
      return false;
    }
    for (const kept of pending) this.#storage.kv.put(PREFIX + kept.kid, { ...kept, denied: true });
    return true;
  }

  #entry({ kid, at, by, reason }: Kept): RevocationEntry {
    return {
      predicate: { kind: 'kid', issuer: this.#issuer, value: kid },
      expiresAt: Math.ceil(at + KEY_REVOCATION_SECONDS),
      revokedAt: Math.floor(at),
      revokedBy: by,
      intake: 'keyring',
      reason,
    };
  }

  #all(): readonly Kept[] {
    return [...this.#storage.kv.list<Kept>({ prefix: PREFIX })].map(([, kept]) => kept);
  }
}
