import { revocationKey } from '../../core/key-names.ts';
import type { RevocationTarget } from '../../core/revocation.ts';
import { type RevocationEntry, type RevocationStore, StoreUnavailable } from '../port.ts';
import { entryFrom, parseAudit, storedForm } from '../stored-form.ts';
import { callObject, causeOf, type RevocationNamespace } from './call.ts';
import type { RevocationObject, RevocationRow } from './object.ts';

export interface DurableStoreOptions {
  /** How long one write may take. Milliseconds. */
  readonly timeoutMs?: number;
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
      if (entries.length === 0) return;
      const rows = entries.map(storedForm);
      await call((object) => object.revoke(rows));
    },
    async unrevoke({ kind, issuer, value }, by) {
      return await call((object) => object.unrevoke(revocationKey(kind, issuer, value), by));
    },
    async lookup(target, now) {
      const key = revocationKey(target.kind, target.issuer, target.value);
      const row = await call((object) => object.lookup(key));
      return row && row.until > now ? entryOf(row, target) : undefined;
    },
    async list(cursor, limit, now) {
      const rows = await call((object) => object.list(cursor ?? '', limit));
      const entries = rows.filter(({ until }) => until > now).flatMap((row) => entryOf(row) ?? []);
      return { entries, cursor: rows.length < limit ? undefined : rows.at(-1)?.key };
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
): RevocationEntry | undefined => entryFrom(key, { mark, until, audit: parseAudit(audit) }, asked);
