import type { NumericDate } from '../../core/time.ts';
import { type AlarmMessage, messageId } from './message.ts';
import type { Attempt } from './send.ts';
import type { Webhook } from './webhook.ts';

/** Between two attempts: doubled from the first to the last. */
const PAUSE_SECONDS = { first: 5, longest: 600 } as const;
/** By then the incident is old, and whoever restores the receiver looks at `/v1/alarms`. */
export const GIVEN_UP_AFTER_SECONDS = 86_400;
/** Of one webhook: messages that wait, and those that are shown once they are done. */
export const MAX_WAITING = 100;
const KEPT = 20;

export interface Waiting {
  readonly n: number;
  readonly message: AlarmMessage;
  readonly tries: number;
  readonly due: NumericDate;
  readonly createdAt: NumericDate;
}

/** One message to one webhook, as `/v1/alarms` shows it. */
export interface Delivery {
  readonly id: string;
  readonly createdAt: NumericDate;
  readonly tries: number;
  /** Of the last attempt: a status, `no_answer`, `secret_missing`; null before the first. */
  readonly outcome: string | null;
  readonly state: 'waiting' | 'delivered' | 'given_up';
}

type Row = { n: number; message: string; tries: number; due: number; created: number };

/** Messages until their receivers have them. Each webhook gets its own in the order in which they came about. */
export class Outbox {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS outbox (
        n INTEGER PRIMARY KEY, webhook TEXT NOT NULL, id TEXT NOT NULL, message TEXT NOT NULL, created REAL NOT NULL,
        due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, outcome TEXT, state TEXT NOT NULL DEFAULT 'waiting',
        UNIQUE (webhook, id)
      );
    `);
  }

  /** Who was told of a beginning is told of its end. */
  add(message: AlarmMessage, webhooks: readonly Webhook[], now: NumericDate): void {
    const begun = new Set(this.#receivers(messageId(message.incident, 'begun')));
    for (const { name, rules } of webhooks) {
      if (rules !== undefined && !rules.includes(message.alarm) && !begun.has(name)) continue;
      this.#sql.exec(
        'INSERT INTO outbox (webhook, id, message, created, due) VALUES (?, ?, ?, ?, ?)',
        name,
        message.id,
        JSON.stringify(message),
        now,
        now,
      );
      this.#crowdOut(name);
    }
  }

  /** What was told of the beginning of an incident; undefined: nothing, or so long ago that it is forgotten. */
  begun(incident: string): AlarmMessage | undefined {
    const [row] = this.#sql
      .exec<{ message: string }>(
        'SELECT message FROM outbox WHERE id = ? LIMIT 1',
        messageId(incident, 'begun'),
      )
      .toArray();
    return row && (JSON.parse(row.message) as AlarmMessage);
  }

  /** Nothing was made later than now, and nothing waits longer than a pause. */
  setBack(now: NumericDate): void {
    this.#sql.exec('UPDATE outbox SET created = min(created, ?), due = min(due, ?)', now, now);
  }

  /** Forgets webhooks that are configured no more. */
  keepOnly(names: readonly string[]): void {
    const marks = names.map(() => '?').join(', ');
    this.#sql.exec(`DELETE FROM outbox WHERE webhook NOT IN (${marks})`, ...names);
  }

  /** What is to be sent next; undefined: nothing waits. */
  head(webhook: string): Waiting | undefined {
    const [row] = this.#sql
      .exec<Row>(
        `SELECT n, message, tries, due, created FROM outbox WHERE webhook = ? AND state = 'waiting' ORDER BY n LIMIT 1`,
        webhook,
      )
      .toArray();
    if (row === undefined) return undefined;
    const { n, message, tries, due, created } = row;
    return { n, message: JSON.parse(message) as AlarmMessage, tries, due, createdAt: created };
  }

  attempted(webhook: string, { n, tries, createdAt }: Waiting, attempt: Attempt, now: NumericDate): void {
    const old = now - createdAt >= GIVEN_UP_AFTER_SECONDS;
    const state =
      attempt.result === 'delivered'
        ? 'delivered'
        : attempt.result === 'refused' || old
          ? 'given_up'
          : 'waiting';
    const pause = Math.min(PAUSE_SECONDS.first * 2 ** tries, PAUSE_SECONDS.longest);
    this.#sql.exec(
      'UPDATE outbox SET tries = ?, outcome = ?, state = ?, due = ? WHERE n = ?',
      tries + 1,
      attempt.outcome,
      state,
      now + pause,
      n,
    );
    this.#sql.exec(
      `DELETE FROM outbox WHERE webhook = ? AND state != 'waiting' AND n NOT IN
        (SELECT n FROM outbox WHERE webhook = ? AND state != 'waiting' ORDER BY n DESC LIMIT ?)`,
      webhook,
      webhook,
      KEPT,
    );
  }

  /** The latest first. */
  deliveries(webhook: string): readonly Delivery[] {
    type Shown = {
      id: string;
      created: number;
      tries: number;
      outcome: string | null;
      state: Delivery['state'];
    };
    return this.#sql
      .exec<Shown>(
        'SELECT id, created, tries, outcome, state FROM outbox WHERE webhook = ? ORDER BY n DESC LIMIT ?',
        webhook,
        KEPT,
      )
      .toArray()
      .map(({ created, ...shown }) => ({ ...shown, createdAt: created }));
  }

  #receivers(id: string): readonly string[] {
    return this.#sql
      .exec<{ webhook: string }>('SELECT webhook FROM outbox WHERE id = ?', id)
      .toArray()
      .map(({ webhook }) => webhook);
  }

  #crowdOut(webhook: string): void {
    this.#sql.exec(
      `UPDATE outbox SET state = 'given_up', outcome = 'crowded_out' WHERE webhook = ? AND state = 'waiting' AND n NOT IN
        (SELECT n FROM outbox WHERE webhook = ? AND state = 'waiting' ORDER BY n DESC LIMIT ?)`,
      webhook,
      webhook,
      MAX_WAITING,
    );
  }
}
