import type { RequestContext } from '../core/context.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { RevocationStatus } from '../core/revocation.ts';
import type { Clock, NumericDate } from '../core/time.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { EpochWatch } from './epoch-watch.ts';
import type { RevocationReader, StoredRevocation } from './port.ts';
import { statusFrom, type TokenLookups } from './predicates.ts';

export interface InquiryAnswer {
  /** When the question was sent. */
  readonly readAt: NumericDate;
  readonly values: readonly (StoredRevocation | undefined)[];
  /** Whether an absence means "not revoked"; false when the store has lost its memory. */
  readonly complete: boolean;
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
      const answer = await reader.read(keys, timeoutMs);
      if (!answer.ok) return answer;
      const { epoch, values } = answer.value;
      if (values.length !== keys.length) return err('malformed');
      const complete = epochs.observe(epoch, context.emit);
      for (const [index, key] of keys.entries()) {
        const value = values[index];
        if (value || complete) cache.note(key, value, readAt);
      }
      return ok({ readAt, values, complete });
    },
  };
}

/** A certain hit stands whatever else is wrong; without one, an incomplete answer says nothing. */
export function statusOf(token: TokenLookups, { values, complete }: InquiryAnswer): RevocationStatus {
  const status = statusFrom(token, values);
  return status.state === 'active' && !complete ? { state: 'unknown', cause: 'store_lost' } : status;
}
