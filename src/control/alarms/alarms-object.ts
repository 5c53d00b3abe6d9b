import { DurableObject } from 'cloudflare:workers';
import { withinDeadline } from '../../core/deadline.ts';
import type { NumericDate } from '../../core/time.ts';
import { COMPARED_SECONDS, ruleValue, type Sample } from './history.ts';
import { type AlarmState, QUIET, step, type Turn } from './hysteresis.ts';
import { endOf, newMessage } from './message.ts';
import { type Delivery, Outbox } from './outbox.ts';
import { type AlarmName, type AlarmRule, alarmKind } from './rules.ts';
import { send, TIMEOUT_MS, type WebhookRequest } from './send.ts';
import type { CountedSums } from './sums.ts';
import type { Webhook } from './webhook.ts';

const LAST_AT = 'last_at';
const WEBHOOKS = 'webhooks';
/** Older samples are kept one a minute. */
const DENSE_SECONDS = 600;
/** Later in a turn no message is begun, lest a receiver that is slow keeps the others waiting for the next turn. */
const TURN_SECONDS = 10;
/** An evaluation that is older than the last by more has not been overtaken: the clock was set back. */
const SET_BACK_SECONDS = 600;

/** What is evaluated at one time. */
export interface Evaluation {
  readonly at: NumericDate;
  readonly rules: readonly AlarmRule[];
  readonly webhooks: readonly Webhook[];
  /** undefined: the counts could not be read. */
  readonly sums: CountedSums | undefined;
  /** Of rules that look at a state. */
  readonly states: Readonly<Partial<Record<AlarmName, number | undefined>>>;
}

export interface Turned {
  readonly alarm: AlarmName;
  readonly turn: Turn;
  readonly value: number;
}

export interface AlarmsReading {
  /** NumericDate of the last evaluation; undefined: there has been none. */
  readonly at: NumericDate | undefined;
  readonly states: Readonly<Record<string, AlarmState>>;
  readonly deliveries: Readonly<Record<string, readonly Delivery[]>>;
}

/**
 * Remembers what was counted in the last hour, which alarms run, and what their receivers have yet to be told. An
 * evaluation and the messages that follow from it are one step, so a message is made once whoever evaluates how often; it
 * is then sent until its receiver has it. Its caller is control alone.
 */
export class AlarmsObject extends DurableObject<Record<string, unknown>> {
  readonly #sql = this.ctx.storage.sql;
  readonly #outbox: Outbox;

  constructor(state: DurableObjectState, bindings: Record<string, unknown>) {
    super(state, bindings);
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS sample (at REAL PRIMARY KEY, sums TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS alarm (name TEXT PRIMARY KEY, state TEXT NOT NULL);
    `);
    this.#outbox = new Outbox(this.#sql);
  }

  /** What has turned. An evaluation that another has overtaken changes nothing. */
  async evaluate(evaluation: Evaluation): Promise<readonly Turned[]> {
    const turned = this.ctx.storage.transactionSync(() => this.#evaluate(evaluation));
    await this.#wake();
    return turned;
  }

  read(webhooks: readonly string[]): AlarmsReading {
    return {
      at: this.ctx.storage.kv.get<number>(LAST_AT),
      states: Object.fromEntries(this.#states()),
      deliveries: Object.fromEntries(webhooks.map((name) => [name, this.#outbox.deliveries(name)])),
    };
  }

  override async alarm(): Promise<void> {
    const until = this.#now() + TURN_SECONDS;
    await Promise.all(this.#webhooks().map((webhook) => this.#deliver(webhook, until)));
    await this.#wake();
  }

  #evaluate(evaluation: Evaluation): readonly Turned[] {
    const { at, rules, webhooks, sums, states } = evaluation;
    const { kv } = this.ctx.storage;
    const last = kv.get<number>(LAST_AT) ?? 0;
    if (at <= last) {
      if (last - at <= SET_BACK_SECONDS) return [];
      this.#setBack(at);
    }
    kv.put(LAST_AT, at);
    kv.put(WEBHOOKS, webhooks);
    this.#outbox.keepOnly(webhooks.map(({ name }) => name));
    if (sums !== undefined) this.#remember({ at, sums });
    const history = sums === undefined ? [] : this.#history();
    const known = this.#states();
    const turned = this.#retire(known, evaluation);
    for (const rule of rules) {
      const value =
        alarmKind(rule.name).measure.kind === 'state' ? states[rule.name] : ruleValue(rule, history);
      const newId = () => crypto.randomUUID();
      const { state, tell } = step(known.get(rule.name) ?? QUIET, rule, { value, now: at, newId });
      this.#keep(rule.name, state);
      if (tell === undefined) continue;
      this.#outbox.add(newMessage(rule, tell, state.value ?? 0, at), webhooks, this.#now());
      turned.push({ alarm: rule.name, turn: tell.turn, value: state.value ?? 0 });
    }
    return turned;
  }

  /** An alarm whose rule this version does not have ends: nobody would ever say so otherwise. */
  #retire(known: ReadonlyMap<string, AlarmState>, { at, rules, webhooks }: Evaluation): Turned[] {
    const names = new Set<string>(rules.map(({ name }) => name));
    return [...known].flatMap(([name, { incident }]) => {
      if (names.has(name)) return [];
      this.#sql.exec('DELETE FROM alarm WHERE name = ?', name);
      const begun = incident && this.#outbox.begun(incident.id);
      if (begun === undefined) return [];
      this.#outbox.add(endOf(begun, at), webhooks, this.#now());
      return [{ alarm: begun.alarm, turn: 'ended', value: begun.value }];
    });
  }

  /** What was noted by a clock that was ahead is of no time to come: nothing waits for that time. */
  #setBack(at: NumericDate): void {
    this.#sql.exec('DELETE FROM sample WHERE at >= ?', at);
    this.#outbox.setBack(this.#now());
    for (const [name, state] of this.#states()) {
      this.#keep(name, { ...state, aboveSince: undefined, belowSince: undefined });
    }
  }

  #keep(name: string, state: AlarmState): void {
    this.#sql.exec('INSERT OR REPLACE INTO alarm VALUES (?, ?)', name, JSON.stringify(state));
  }

  #remember({ at, sums }: Sample): void {
    const horizon = at - 2 * COMPARED_SECONDS;
    this.#sql.exec('INSERT OR REPLACE INTO sample VALUES (?, ?)', at, JSON.stringify(sums));
    this.#sql.exec(
      `DELETE FROM sample WHERE at < ? OR (at < ? AND at NOT IN
        (SELECT max(at) FROM sample GROUP BY CAST(at / 60 AS INTEGER)))`,
      horizon,
      at - DENSE_SECONDS,
    );
  }

  #history(): readonly Sample[] {
    return this.#sql
      .exec<{ at: number; sums: string }>('SELECT at, sums FROM sample ORDER BY at')
      .toArray()
      .map(({ at, sums }) => ({ at, sums: JSON.parse(sums) as CountedSums }));
  }

  #states(): ReadonlyMap<string, AlarmState> {
    const rows = this.#sql.exec<{ name: string; state: string }>('SELECT name, state FROM alarm').toArray();
    return new Map(rows.map(({ name, state }) => [name, { ...QUIET, ...(JSON.parse(state) as AlarmState) }]));
  }

  #webhooks(): readonly Webhook[] {
    return this.ctx.storage.kv.get<readonly Webhook[]>(WEBHOOKS) ?? [];
  }

  async #deliver(webhook: Webhook, until: NumericDate): Promise<void> {
    while (this.#now() < until) {
      const waiting = this.#outbox.head(webhook.name);
      if (waiting === undefined || waiting.due > this.#now()) return;
      const attempt = await send(webhook, waiting.message, { secret: this.#secret, post, now: this.#now() });
      this.#outbox.attempted(webhook.name, waiting, attempt, this.#now());
    }
  }

  readonly #secret = (binding: string): string | undefined => {
    const secret = Object.hasOwn(this.env, binding) ? this.env[binding] : undefined;
    return typeof secret === 'string' ? secret : undefined;
  };

  async #wake(): Promise<void> {
    const dues = this.#webhooks().flatMap(({ name }) => this.#outbox.head(name)?.due ?? []);
    if (dues.length > 0) await this.ctx.storage.setAlarm(Math.min(...dues) * 1e3);
  }

  #now(): number {
    return Date.now() / 1e3;
  }
}

/** The status of the answer; nothing else of it counts, not even whether it ends, and a redirect is not followed. */
const post = (url: string, { headers, body }: WebhookRequest) =>
  withinDeadline(TIMEOUT_MS, async (signal) => {
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    answer.body?.cancel().catch(() => undefined);
    return answer.status;
  });
