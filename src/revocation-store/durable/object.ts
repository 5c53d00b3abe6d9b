import { DurableObject } from 'cloudflare:workers';
import { parseRevocationKey } from '../../core/key-names.ts';
import type { NumericDate } from '../../core/time.ts';
import type { StoredForm } from '../stored-form.ts';
import { DurableChangeLog, type LogChunk, type LogPage, type LogState } from './change-log.ts';

/** One revocation as the object keeps it. A type of its own, as SQL rows are records. */
export type RevocationRow = Pick<StoredForm, keyof StoredForm>;

export type DurableAnswer = {
  readonly epoch: string;
  readonly values: readonly ({ readonly mark: NumericDate; readonly until: NumericDate } | null)[];
};

const SCHEMA = `
CREATE TABLE IF NOT EXISTS revocation (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, mark REAL NOT NULL, until REAL NOT NULL,
  audit TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS revocation_until ON revocation (until);
CREATE TABLE IF NOT EXISTS claim (id TEXT PRIMARY KEY, nonce TEXT NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS claim_until ON claim (until);
CREATE TABLE IF NOT EXISTS epoch (one INTEGER PRIMARY KEY CHECK (one = 1), value TEXT NOT NULL);
`;

/** How often expired rows are swept out. They stop counting at their own instant, whenever that happens. */
const SWEEP_MS = 3_600_000;

/**
 * The embedded deny-list: one object with SQLite, strongly consistent, for deployments without Redis.
 * Each method is one synchronous transaction. One object serves in the order of a thousand calls a second;
 * `cached` and `replicated` routes stay far below that, `strict` routes under load want Redis.
 */
export class RevocationObject extends DurableObject {
  readonly #sql: SqlStorage;
  readonly #epoch: string;
  readonly #log: DurableChangeLog;

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    this.#sql = state.storage.sql;
    this.#sql.exec(SCHEMA);
    this.#log = new DurableChangeLog(this.#sql);
    this.#sql.exec('INSERT OR IGNORE INTO epoch VALUES (1, ?)', crypto.randomUUID());
    this.#epoch = this.#sql.exec<{ value: string }>('SELECT value FROM epoch').one().value;
  }

  /** The clock of expiry. */
  #now(): NumericDate {
    return Date.now() / 1000;
  }

  /** One answer per key, in order; null: not there. */
  read(keys: readonly string[]): DurableAnswer {
    const rows = this.#sql.exec<{ key: string; mark: number; until: number }>(
      'SELECT key, mark, until FROM revocation WHERE key IN (SELECT value FROM json_each(?)) AND until > ?',
      JSON.stringify(keys),
      this.#now(),
    );
    const found = new Map([...rows].map(({ key, mark, until }) => [key, { mark, until }]));
    return { epoch: this.#epoch, values: keys.map((key) => found.get(key) ?? null) };
  }

  /** Writes all rows or none; the later mark and the later end win. */
  async revoke(rows: readonly RevocationRow[]): Promise<void> {
    if (!rows.every(isRow)) throw new TypeError('not a revocation');
    const now = this.#now();
    this.ctx.storage.transactionSync(() => {
      for (const { key, mark, until, audit } of rows) {
        this.#sql.exec('DELETE FROM revocation WHERE key = ? AND until <= ?', key, now);
        const { mark: heldMark, until: heldUntil } = this.#sql
          .exec<{ mark: number; until: number }>(
            `INSERT INTO revocation (key, mark, until, audit) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE
             SET mark = max(mark, excluded.mark), until = max(until, excluded.until), audit = excluded.audit
             RETURNING mark, until`,
            key,
            mark,
            until,
            audit,
          )
          .one();
        this.#log.set(now, key, heldMark, heldUntil);
      }
    });
    await this.#sweepLater();
  }

  /** Whether there was something to remove. */
  unrevoke(key: string, by: string): boolean {
    const now = this.#now();
    return this.ctx.storage.transactionSync(() => {
      const removed = this.#sql
        .exec<{ until: number }>('DELETE FROM revocation WHERE key = ? RETURNING until', key)
        .toArray();
      if (removed.length === 0) return false;
      this.#log.lifted(now, key, by);
      return removed.some(({ until }) => until > now);
    });
  }

  /** Where the log of changes stands, and how many rows a snapshot has. */
  logState(): LogState & { readonly epoch: string } {
    return { epoch: this.#epoch, ...this.#log.state() };
  }

  changesAfter(seq: number): LogPage & { readonly epoch: string } {
    return { epoch: this.#epoch, ...this.#log.after(seq) };
  }

  /** Rows after the row number, as replica records. */
  snapshotChunk(afterId: number): LogChunk {
    return this.#log.chunk(afterId, this.#now());
  }

  lookup(key: string): RevocationRow | null {
    return (
      this.#sql
        .exec<RevocationRow>(
          'SELECT key, mark, until, audit FROM revocation WHERE key = ? AND until > ?',
          key,
          this.#now(),
        )
        .toArray()[0] ?? null
    );
  }

  /** At most `limit` rows after the key `after`, in the order of their keys. */
  list(after: string, limit: number): RevocationRow[] {
    return this.#sql
      .exec<RevocationRow>(
        'SELECT key, mark, until, audit FROM revocation WHERE key > ? AND until > ? ORDER BY key LIMIT ?',
        after,
        this.#now(),
        limit,
      )
      .toArray();
  }

  /** Whether `nonce` holds the claim on `id`: the first one to ask does, retried or not. */
  async claim(id: string, nonce: string, ttlSeconds: number): Promise<boolean> {
    const now = this.#now();
    const held = this.ctx.storage.transactionSync(() => {
      this.#sql.exec('DELETE FROM claim WHERE id = ? AND until <= ?', id, now);
      this.#sql.exec('INSERT OR IGNORE INTO claim VALUES (?, ?, ?)', id, nonce, now + ttlSeconds);
      return this.#sql.exec<{ nonce: string }>('SELECT nonce FROM claim WHERE id = ?', id).one().nonce;
    });
    await this.#sweepLater();
    return held === nonce;
  }

  isClaimed(id: string): boolean {
    return (
      this.#sql.exec('SELECT 1 FROM claim WHERE id = ? AND until > ?', id, this.#now()).toArray().length > 0
    );
  }

  async #sweepLater(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + SWEEP_MS);
  }

  override async alarm(): Promise<void> {
    const now = this.#now();
    this.#sql.exec('DELETE FROM revocation WHERE until <= ?', now);
    this.#sql.exec('DELETE FROM claim WHERE until <= ?', now);
    const rows = this.#sql.exec('SELECT 1 FROM revocation UNION ALL SELECT 1 FROM claim LIMIT 1').toArray();
    if (this.#log.sweep(now) || rows.length > 0) await this.#sweepLater();
  }
}

const isRow = ({ key, mark, until, audit }: RevocationRow): boolean =>
  parseRevocationKey(key) !== undefined &&
  Number.isFinite(mark) &&
  Number.isFinite(until) &&
  typeof audit === 'string';
