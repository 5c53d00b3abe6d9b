import { DurableObject } from 'cloudflare:workers';
import { parseRevocationKey } from '../../core/key-names.ts';
import type { NumericDate } from '../../core/time.ts';
import { appendedEvent } from '../history.ts';
import type { StoredForm } from '../stored-form.ts';
import { DurableChangeLog, type LogChunk, type LogPage, type LogState } from './change-log.ts';

/** One revocation as the object keeps it. A type of its own, as SQL rows are records. */
export type RevocationRow = Pick<StoredForm, keyof StoredForm>;

/** What every answer says of the object's life; `assumptions` as JSON, empty where no writer has said any. */
export type DurableMark = {
  readonly epoch: string;
  readonly position: number;
  readonly assumptions: string;
};

export type DurableAnswer = DurableMark & {
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
CREATE TABLE IF NOT EXISTS assumptions (one INTEGER PRIMARY KEY CHECK (one = 1), value TEXT NOT NULL);
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
  #epoch: string;
  #assumptions: string;
  readonly #log: DurableChangeLog;

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    this.#sql = state.storage.sql;
    this.#sql.exec(SCHEMA);
    this.#log = new DurableChangeLog(this.#sql);
    this.#sql.exec('INSERT OR IGNORE INTO epoch VALUES (1, ?)', crypto.randomUUID());
    this.#epoch = this.#sql.exec<{ value: string }>('SELECT value FROM epoch').one().value;
    const [said] = this.#sql.exec<{ value: string }>('SELECT value FROM assumptions').toArray();
    this.#assumptions = said?.value ?? '';
  }

  life(): DurableMark {
    return { epoch: this.#epoch, position: this.#log.last(), assumptions: this.#assumptions };
  }

  /** Begins a new epoch, further on than any before: needed after the storage was set back to a point in time. */
  adopt(): { readonly epoch: string; readonly previous: string } {
    const previous = this.#epoch;
    const epoch = crypto.randomUUID();
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec('UPDATE epoch SET value = ?', epoch);
      this.#log.leap(this.#now());
    });
    this.#epoch = epoch;
    return { epoch, previous };
  }

  assume(assumptions: string): void {
    if (assumptions === this.#assumptions) return;
    this.#sql.exec('INSERT OR REPLACE INTO assumptions VALUES (1, ?)', assumptions);
    this.#assumptions = assumptions;
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
    return { ...this.life(), values: keys.map((key) => found.get(key) ?? null) };
  }

  /** Writes all rows or none, and tells them as they are then; the later mark and the later end win. */
  async revoke(rows: readonly RevocationRow[]): Promise<RevocationRow[]> {
    if (!rows.every(isRow)) throw new TypeError('not a revocation');
    const now = this.#now();
    const stored = this.ctx.storage.transactionSync(() => {
      for (const row of rows) {
        this.#sql.exec('DELETE FROM revocation WHERE key = ? AND until <= ?', row.key, now);
        const { key, mark, until, audit } = merged(this.#rowAt(row.key), row);
        this.#sql.exec(
          `INSERT INTO revocation (key, mark, until, audit) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE
           SET mark = excluded.mark, until = excluded.until, audit = excluded.audit`,
          key,
          mark,
          until,
          audit,
        );
        this.#log.set(now, key, mark, until);
      }
      return rows.map((row) => this.#rowAt(row.key) ?? row);
    });
    await this.#sweepLater();
    return stored;
  }

  #rowAt(key: string): RevocationRow | undefined {
    return this.#sql
      .exec<RevocationRow>('SELECT key, mark, until, audit FROM revocation WHERE key = ?', key)
      .toArray()[0];
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
  logState(): LogState & DurableMark {
    return { ...this.life(), ...this.#log.state() };
  }

  changesAfter(seq: number): LogPage & DurableMark {
    return { ...this.life(), ...this.#log.after(seq) };
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

  /** At most `limit` rows whose keys lie between the two, in the order of their keys. */
  list(after: string, before: string, limit: number): RevocationRow[] {
    return this.#sql
      .exec<RevocationRow>(
        'SELECT key, mark, until, audit FROM revocation WHERE key > ? AND key < ? AND until > ? ORDER BY key LIMIT ?',
        after,
        before,
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

function merged(held: RevocationRow | undefined, row: RevocationRow): RevocationRow {
  if (held === undefined) return row;
  const { key, mark, until, audit } = row;
  const changes = mark > held.mark || until > held.until;
  return {
    key,
    mark: Math.max(mark, held.mark),
    until: Math.max(until, held.until),
    audit: appendedEvent(held.audit, audit, changes),
  };
}
