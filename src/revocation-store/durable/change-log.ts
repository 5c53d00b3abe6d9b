import type { NumericDate } from '../../core/time.ts';
import { appendRecord, WORDS } from '../replica/record.ts';

/** Changes kept for replicas to follow. One that fell behind further starts from a snapshot. Seconds. */
const KEPT_SECONDS = 3_600;
const CHANGES_PER_PAGE = 5_000;
const ROWS_PER_CHUNK = 32_768;

export type LogState = { readonly seq: number; readonly records: number };
export type LogPage = {
  readonly held: boolean;
  readonly records: Uint32Array;
  readonly seq: number;
  readonly more: boolean;
};
export type LogChunk = { readonly records: Uint32Array; readonly next: number | null };

type Row = { readonly key: string; readonly mark: number | null; readonly until: number | null };

/**
 * The numbered changes of the Durable Object, and its rows as replica records. SQLite never hands out a number
 * twice (`AUTOINCREMENT`), so a gap at the old end can be told from an empty log.
 */
export class DurableChangeLog {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`CREATE TABLE IF NOT EXISTS change (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, key TEXT NOT NULL, mark REAL, until REAL, by TEXT
    )`);
  }

  set(at: NumericDate, key: string, mark: NumericDate, until: NumericDate): void {
    this.#sql.exec('INSERT INTO change (at, key, mark, until) VALUES (?, ?, ?, ?)', at, key, mark, until);
  }

  lifted(at: NumericDate, key: string, by: string): void {
    this.#sql.exec('INSERT INTO change (at, key, by) VALUES (?, ?, ?)', at, key, by);
  }

  /** Goes on with a number past all that was ever counted to: a million changes a second since 1970. */
  leap(at: NumericDate): void {
    const seq = Math.max(this.last() + 1, Math.floor(at * 1e6));
    this.#sql.exec('INSERT INTO change (seq, at, key) VALUES (?, ?, ?)', seq, at, '');
  }

  state(): LogState {
    const { records } = this.#sql
      .exec<{ records: number }>('SELECT count(*) AS records FROM revocation')
      .one();
    return { seq: this.last(), records };
  }

  /** Every change after `seq`, a page at a time. What is lifted adds no record: it stays a possible hit. */
  after(seq: number): LogPage {
    const last = this.last();
    const { first } = this.#sql.exec<{ first: number | null }>('SELECT min(seq) AS first FROM change').one();
    const held = seq <= last && seq >= (first ?? last + 1) - 1;
    const rows = this.#sql
      .exec<Row & { seq: number }>(
        'SELECT seq, key, mark, until FROM change WHERE seq > ? ORDER BY seq LIMIT ?',
        seq,
        CHANGES_PER_PAGE,
      )
      .toArray();
    return {
      held,
      records: recordsOf(rows.filter(({ until }) => until !== null)),
      seq: rows.at(-1)?.seq ?? seq,
      more: rows.length === CHANGES_PER_PAGE,
    };
  }

  chunk(afterId: number, now: NumericDate): LogChunk {
    const rows = this.#sql
      .exec<Row & { id: number }>(
        'SELECT id, key, mark, until FROM revocation WHERE id > ? AND until > ? ORDER BY id LIMIT ?',
        afterId,
        now,
        ROWS_PER_CHUNK,
      )
      .toArray();
    return {
      records: recordsOf(rows),
      next: rows.length < ROWS_PER_CHUNK ? null : (rows.at(-1)?.id ?? null),
    };
  }

  /** Drops changes that no replica within reason still has to read; true while some are left. */
  sweep(now: NumericDate): boolean {
    this.#sql.exec('DELETE FROM change WHERE at <= ?', now - KEPT_SECONDS);
    return this.#sql.exec('SELECT 1 FROM change LIMIT 1').toArray().length > 0;
  }

  /** 0 before the first one. Survives sweeps. */
  last(): number {
    const [row] = this.#sql
      .exec<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'change'")
      .toArray();
    return row?.seq ?? 0;
  }
}

function recordsOf(rows: readonly Row[]): Uint32Array {
  const words: number[] = [];
  for (const { key, mark, until } of rows) appendRecord(words, key, mark ?? undefined, until ?? undefined);
  return Uint32Array.from(words.slice(0, rows.length * WORDS));
}
