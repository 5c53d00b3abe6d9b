import type { OperationalEvent } from '../core/event.ts';
import type { RejectionReason } from '../core/rejection.ts';
import type { NumericDate } from '../core/time.ts';
import { addressBlock } from './address-block.ts';
import type { RateLimitBinding } from './port.ts';

/** Who presents these has no token of ours. A token that has expired, or is for another API, is no guess. */
const GUESSES: ReadonlySet<RejectionReason> = new Set([
  'token_malformed',
  'decryption_failed',
  'algorithm_not_allowed',
  'issuer_untrusted',
  'key_not_found',
  'signature_invalid',
]);

/** Addresses of one isolate that may be held off at once. */
const MAX_HELD_OFF = 10_000;

interface Waiting {
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly emit: (event: OperationalEvent) => void;
}

/**
 * Failed authentications by address. Counting happens behind the answer; an address over the limit is then held off
 * by this isolate for one period, before a signature is checked. What this isolate has verified before is not held off
 * (the caller asks), so a guesser behind a shared address does not lock out those who are already at work there; a token
 * that is new to this isolate waits with the guesser.
 * Does NOT know of what other isolates hold off, nor count requests without a token.
 */
export class Guesses {
  readonly #binding: RateLimitBinding;
  readonly #periodSeconds: number;
  readonly #heldOff = new Map<string, NumericDate>();

  constructor(binding: RateLimitBinding, periodSeconds: number) {
    this.#binding = binding;
    this.#periodSeconds = periodSeconds;
  }

  /** For how many seconds more tokens from this address are not looked at; undefined: they are. */
  heldOffFor(address: string | undefined, now: NumericDate): number | undefined {
    if (address === undefined || this.#heldOff.size === 0) return undefined;
    const block = addressBlock(address);
    const until = this.#heldOff.get(block);
    if (until === undefined) return undefined;
    if (until > now) return until - now;
    this.#heldOff.delete(block);
    return undefined;
  }

  /** A counter that fails holds off nobody. */
  failed(
    address: string | undefined,
    reason: RejectionReason,
    now: NumericDate,
    { waitUntil, emit }: Waiting,
  ): void {
    if (address === undefined || !GUESSES.has(reason)) return;
    waitUntil(this.#count(addressBlock(address), now, emit));
  }

  async #count(block: string, now: NumericDate, emit: Waiting['emit']): Promise<void> {
    try {
      if ((await this.#binding.limit({ key: block })).success) return;
    } catch {
      emit({ event: 'rate_limit_failed', level: 'warn' });
      return;
    }
    const [oldest] = this.#heldOff.keys();
    if (this.#heldOff.size >= MAX_HELD_OFF && oldest !== undefined) this.#heldOff.delete(oldest);
    if (!this.#heldOff.has(block))
      emit({ event: 'address_held_off', level: 'warn', seconds: this.#periodSeconds });
    this.#heldOff.set(block, now + this.#periodSeconds);
  }
}
