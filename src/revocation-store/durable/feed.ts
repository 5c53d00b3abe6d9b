import { err, ok, type Result } from '../../core/result.ts';
import type { RevocationFeed } from '../feed.ts';
import { callObject, causeOf, type RevocationNamespace } from './call.ts';
import { markFrom } from './mark.ts';
import type { RevocationObject } from './object.ts';

/** Follows the Durable Object: it numbers its changes itself and makes the chunks of a snapshot as they are asked for. */
export function createDurableFeed(namespace: RevocationNamespace): RevocationFeed {
  async function call<T>(
    timeoutMs: number,
    action: (object: DurableObjectStub<RevocationObject>) => Promise<T>,
  ): Promise<Result<T, string>> {
    try {
      return ok(await callObject(namespace, timeoutMs, action));
    } catch (error) {
      return err(causeOf(error));
    }
  }
  return {
    async manifest(timeoutMs) {
      const answer = await call(timeoutMs, (object) => object.logState());
      if (!answer.ok) return answer;
      const { epoch, seq, records } = answer.value;
      return ok({ epoch, generation: `seq-${seq}`, position: `${seq}`, records });
    },
    async chunk(_generation, cursor, timeoutMs) {
      const answer = await call(timeoutMs, (object) => object.snapshotChunk(Number(cursor)));
      if (!answer.ok) return answer;
      const { records, next } = answer.value;
      return ok({ records, next: next === null ? undefined : `${next}` });
    },
    async changesSince(position, timeoutMs) {
      const answer = await call(timeoutMs, (object) => object.changesAfter(Number(position)));
      if (!answer.ok) return answer;
      const { held, records, seq, more, ...mark } = answer.value;
      return ok({ held, mark: markFrom(mark), records, position: `${seq}`, more });
    },
  };
}
