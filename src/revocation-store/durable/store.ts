import { revocationKey } from '../../core/key-names.ts';
import type { RevocationTarget } from '../../core/revocation.ts';
import { assumptionsText } from '../assumptions.ts';
import { type KeyRange, listEntries, type RangeRead } from '../listing.ts';
import { type RevocationEntry, type RevocationStore, StoreUnavailable } from '../port.ts';
import { entryFrom, storedForm } from '../stored-form.ts';
import { callObject, causeOf, type RevocationNamespace } from './call.ts';
import { markFrom } from './mark.ts';
import type { RevocationObject, RevocationRow } from './object.ts';

export interface DurableStoreOptions {
  /** How long one write may take. Milliseconds. */
  readonly timeoutMs?: number;
  /** What this writer assumes, by `iss`: how long after a token's issue its revocations are kept. Seconds. */
  readonly keptSeconds?: ReadonlyMap<string, number> | undefined;
}

const WRITE_TIMEOUT_MS = 3_000;

/** Writes the deny-list in the Durable Object. Every call is one transaction there. */
export function createDurableStore(
  namespace: RevocationNamespace,
  options: DurableStoreOptions = {},
): RevocationStore {
  const call = async <T>(action: (object: DurableObjectStub<RevocationObject>) => Promise<T>): Promise<T> => {
    try {
      return await callObject(namespace, options.timeoutMs ?? WRITE_TIMEOUT_MS, action);
    } catch (error) {
      throw new StoreUnavailable(causeOf(error));
    }
  };
  return {
    async revoke(entries) {
      if (entries.length === 0) return [];
      const rows = entries.map(storedForm);
      const stored = await call((object) => object.revoke(rows));
      return entries.map((entry, index) => {
        const row = stored[index];
        return (row && entryOf(row, entry.predicate)) ?? entry;
      });
    },
    async unrevoke({ kind, issuer, value }, by) {
      return await call((object) => object.unrevoke(revocationKey(kind, issuer, value), by));
    },
    async lookup(target, now) {
      const key = revocationKey(target.kind, target.issuer, target.value);
      const row = await call((object) => object.lookup(key));
      return row && row.until > now ? entryOf(row, target) : undefined;
    },
    async list(filter, cursor, limit, now) {
      const read = async ({ after, before }: KeyRange, count: number): Promise<RangeRead> => {
        const rows = await call((object) => object.list(after, before, count));
        const entries = rows.filter(({ until }) => until > now).flatMap((row) => entryOf(row) ?? []);
        return { entries, last: rows.length < count ? undefined : rows.at(-1)?.key };
      };
      return await listEntries(read, filter, cursor, limit);
    },
    async life() {
      return markFrom(await call((object) => object.life()));
    },
    /** Never without an epoch, so that only a person begins another. */
    async adopt(how) {
      if (how?.ifUnmarked) {
        const { epoch } = await call((object) => object.life());
        return { epoch, previous: epoch };
      }
      return await call((object) => object.adopt());
    },
    async maintain() {
      const { keptSeconds } = options;
      if (keptSeconds) await call((object) => object.assume(assumptionsText(keptSeconds)));
    },
    async claimOnce(id, ttlSeconds) {
      const nonce = crypto.randomUUID();
      return await call((object) => object.claim(id, nonce, ttlSeconds));
    },
    async isClaimed(id) {
      return await call((object) => object.isClaimed(id));
    },
  };
}

const entryOf = (
  { key, mark, until, audit }: RevocationRow,
  asked?: RevocationTarget,
): RevocationEntry | undefined => entryFrom(key, { mark, until, audit }, asked);
