import type { RequestContext } from '../core/context.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { RevocationStatus } from '../core/revocation.ts';
import type { Clock, NumericDate } from '../core/time.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { EpochWatch, StoreDoubt } from './epoch-watch.ts';
import type { RevocationReader, StoredRevocation } from './port.ts';
import { statusFrom, type TokenLookups } from './predicates.ts';

export interface InquiryAnswer {
  /** When the question was sent. */
  readonly readAt: NumericDate;
  readonly values: readonly (StoredRevocation | undefined)[];
  /** Why an absence does not mean "not revoked"; undefined: it does. */
  readonly doubt: StoreDoubt | undefined;
}

/** Asks the store, and whether it is still the store it was; remembers every revocation it tells of. */
export interface Inquiry {
  ask(
    keys: readonly string[],
    timeoutMs: number,
    context: RequestContext,
  ): Promise<Result<InquiryAnswer, string>>;
}

export function createInquiry(
  reader: RevocationReader,
  epochs: EpochWatch,
  cache: AnswerCache,
  clock: Clock,
): Inquiry {
  return {
    async ask(keys, timeoutMs, context) {
      const readAt = clock();
      const askedAt = epochs.position;
      const answer = await reader.read(keys, timeoutMs);
      if (!answer.ok) return answer;
      const { values } = answer.value;
      if (values.length !== keys.length) return err('malformed');
      const doubt = epochs.observe(answer.value, askedAt, clock(), context.emit);
      for (const [index, key] of keys.entries()) {
        const value = values[index];
        if (value || !doubt) cache.note(key, value, readAt);
      }
      return ok({ readAt, values, doubt });
    },
  };
}

/** A certain hit stands whatever else is wrong; without one, an incomplete answer says nothing. */
export function statusOf(token: TokenLookups, { values, doubt }: InquiryAnswer): RevocationStatus {
  const status = statusFrom(token, values);
  return status.state === 'active' && doubt ? { state: 'unknown', cause: doubt } : status;
}
