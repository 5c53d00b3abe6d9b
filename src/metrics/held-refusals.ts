import type { NumericDate } from '../core/time.ts';
import { readableRefusals } from './readable.ts';
import { MAX_REFUSALS, type RefusalQuery, type RefusalReading, RefusalRing } from './refusal-ring.ts';
import type { Refusals } from './refusals.ts';

/** They have addresses of clients: nobody needs those of another day for what goes on now. */
const KEPT_SECONDS = 86_400;

/**
 * The latest refusals, kept through a restart: an object that nobody calls for a while is put to rest, and somebody who
 * comes then wants to see what was refused before. One row for each batch that has any.
 */
export class HeldRefusals {
  readonly #sql: SqlStorage;
  readonly #ring = new RefusalRing(crypto.randomUUID());

  constructor(sql: SqlStorage, now: NumericDate) {
    this.#sql = sql;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS refusal
        (n INTEGER PRIMARY KEY, at REAL NOT NULL, events INTEGER NOT NULL, refusals TEXT NOT NULL)
    `);
    type Row = { refusals: string };
    const rows = sql.exec<Row>('SELECT refusals FROM refusal WHERE at > ? ORDER BY n', now - KEPT_SECONDS);
    for (const { refusals } of rows) {
      const told = readableRefusals(JSON.parse(refusals));
      if (told !== undefined) this.#ring.add(told);
    }
  }

  /** Throws where the row cannot be written. */
  add(refusals: Refusals, now: NumericDate): void {
    this.#sql.exec(
      'INSERT INTO refusal (at, events, refusals) VALUES (?, ?, ?)',
      now,
      refusals.events.length,
      JSON.stringify(refusals),
    );
    this.#ring.add(refusals);
  }

  read(query: RefusalQuery): RefusalReading {
    return this.#ring.read(query);
  }

  /** Deletes rows of another day, and those whose events have no place any more. */
  forget(now: NumericDate): void {
    this.#sql.exec('DELETE FROM refusal WHERE at <= ?', now - KEPT_SECONDS);
    this.#sql.exec(
      `DELETE FROM refusal WHERE n IN (
         SELECT n FROM (SELECT n, SUM(events) OVER (ORDER BY n DESC) - events AS newer FROM refusal) WHERE newer >= ?
       )`,
      MAX_REFUSALS,
    );
  }
}
