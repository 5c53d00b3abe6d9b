import type { OperationalEvent } from '../core/event.ts';
import type { Clock } from '../core/time.ts';
import { createRedis } from '../redis/client.ts';
import { certainReader } from '../revocation/certain-reader.ts';
import { createRevocation } from '../revocation/check.ts';
import { EpochWatch } from '../revocation/epoch-watch.ts';
import type { RevocationReader } from '../revocation/port.ts';
import type { RevocationNamespace } from '../revocation-store/durable/call.ts';
import { createDurableReader } from '../revocation-store/durable/reader.ts';
import { createDurableStore } from '../revocation-store/durable/store.ts';
import type { RevocationStore } from '../revocation-store/port.ts';
import { createRedisReader } from '../revocation-store/redis/reader.ts';
import { createRedisStore } from '../revocation-store/redis/store.ts';
import type { DenyList } from './grants/deny-list.ts';

/** Where the deny-list is. */
export interface DenyListBindings {
  readonly UPSTASH_REDIS_REST_URL?: string;
  readonly UPSTASH_REDIS_REST_TOKEN?: string;
  readonly REVOCATIONS?: RevocationNamespace;
}

/** A client waits for these writes. */
const STORE_OPTIONS = { timeoutMs: 1_000 };

/** The deny-list that the gateway reads; undefined only where the configuration says to do without. */
export function denyListFrom(
  { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, REVOCATIONS: objects }: DenyListBindings,
  clock: Clock,
  emit: (event: OperationalEvent) => void,
): DenyList | undefined {
  const listOf = (store: RevocationStore, reader: RevocationReader): DenyList => {
    const epochs = new EpochWatch(undefined);
    return {
      store,
      reader: certainReader(reader, epochs, clock, emit),
      revocation: createRevocation({ reader, epochs, clock }),
    };
  };
  if (url !== undefined && url !== '' && token !== undefined) {
    const redis = createRedis({ url, token });
    return listOf(createRedisStore(redis, STORE_OPTIONS), createRedisReader(redis));
  }
  if (objects === undefined) return undefined;
  return listOf(createDurableStore(objects, STORE_OPTIONS), createDurableReader(objects));
}
