import { DurableObject } from 'cloudflare:workers';
import type { NumericDate } from '../core/time.ts';
import type { Batch } from './batch.ts';
import { HeldRefusals } from './held-refusals.ts';
import {
  isReadableTotal,
  readableGauges,
  readableKeptGauges,
  readableRecent,
  readableRefusals,
  readableSums,
} from './readable.ts';
import { Recent, type RecentReading } from './recent.ts';
import type { RefusalQuery, RefusalReading } from './refusal-ring.ts';
import { type GaugesReading, ToldGauges } from './told-gauges.ts';
import { RunningTotals, type Total, type Totals } from './totals.ts';

/** Between two snapshots; a restart adds the batches since to the last one. */
const SNAPSHOT_MS = 60_000;
/** Series in one row: with labels of usual length a twentieth of the 2 MB that a row may hold. */
const SERIES_A_ROW = 500;
const RECENT = 'recent';
const GAUGES = 'gauges';

/** What has been counted since the object was first used. */
export interface MetricsReading {
  readonly series: Totals;
  /** NumericDate of the last batch; undefined: none has come in the last two hours. */
  readonly lastAt: number | undefined;
  /** What isolates told that they hold; undefined: the object is of a version that does not listen. */
  readonly gauges?: GaugesReading | undefined;
}

/**
 * Adds up what isolates hand on, each batch once, and survives a restart: a batch is one row, written before the answer,
 * until the next snapshot. So do the latest refusals, how it went lately, and what isolates told that they hold. Its callers
 * are the gateway, the token service and control alone.
 */
export class MetricsObject extends DurableObject {
  readonly #sql = this.ctx.storage.sql;
  readonly #totals: RunningTotals;
  readonly #recent: Recent;
  readonly #gauges: ToldGauges;
  readonly #refusals: HeldRefusals;

  constructor(state: DurableObjectState, bindings: Record<string, unknown>) {
    super(state, bindings);
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS snapshot (part INTEGER PRIMARY KEY, series TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS isolate (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, at REAL NOT NULL);
      CREATE TABLE IF NOT EXISTS batch (n INTEGER PRIMARY KEY, at REAL NOT NULL, batch TEXT NOT NULL);
    `);
    this.#recent = new Recent(readableRecent(this.ctx.storage.kv.get(RECENT)));
    this.#gauges = new ToldGauges(readableKeptGauges(this.ctx.storage.kv.get(GAUGES)));
    this.#totals = this.#load();
    this.#refusals = new HeldRefusals(this.#sql, this.#now());
  }

  /**
   * Whether the batch was new. Once this has answered, the batch is counted for good. Throws on counts that it cannot read,
   * of an isolate of another version, which gives them up as lost in the end; gauges and refusals that it cannot read are
   * left out.
   */
  async add(batch: Batch): Promise<boolean> {
    const at = this.#now();
    if (this.#totals.knows(batch)) return false;
    if (readableSums(batch.sums) === undefined) throw new TypeError('counts of another form');
    const { refusals: _, ...told } = batch;
    const counted = { ...told, gauges: readableGauges(batch.gauges) };
    const refusals = readableRefusals(batch.refusals);
    // First what may fail, as one: a batch that is sent again must find nothing of itself.
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec('INSERT INTO batch (at, batch) VALUES (?, ?)', at, JSON.stringify(counted));
      if (refusals !== undefined) this.#refusals.add(refusals, at);
    });
    this.#totals.add(counted, at);
    this.#look(counted, at);
    if ((await this.ctx.storage.getAlarm()) === null) {
      await this.ctx.storage.setAlarm(Date.now() + SNAPSHOT_MS);
    }
    return true;
  }

  read(): MetricsReading {
    const times = [...this.#totals.isolates.values()].map(({ at }) => at);
    return {
      series: this.#totals.series,
      lastAt: times.length === 0 ? undefined : times.reduce((a, b) => Math.max(a, b)),
      gauges: this.#gauges.read(this.#now()),
    };
  }

  /** How it went in the last half hour. */
  recent(): RecentReading {
    return this.#recent.read(this.#now());
  }

  /** The latest refusals that fit. */
  refusals(query: RefusalQuery): RefusalReading {
    return this.#refusals.read(query);
  }

  override async alarm(): Promise<void> {
    this.#totals.forget(this.#now());
    const series = [...this.#totals.series];
    this.ctx.storage.transactionSync(() => {
      this.#refusals.forget(this.#now());
      this.ctx.storage.kv.put(RECENT, this.#recent.keep());
      this.ctx.storage.kv.put(GAUGES, this.#gauges.keep());
      for (const table of ['snapshot', 'isolate', 'batch']) this.#sql.exec(`DELETE FROM ${table}`);
      for (let from = 0; from < series.length; from += SERIES_A_ROW) {
        const part = JSON.stringify(series.slice(from, from + SERIES_A_ROW));
        this.#sql.exec('INSERT INTO snapshot VALUES (?, ?)', from, part);
      }
      for (const [id, { sequence, at }] of this.#totals.isolates) {
        this.#sql.exec('INSERT INTO isolate VALUES (?, ?, ?)', id, sequence, at);
      }
    });
  }

  #load(): RunningTotals {
    const parts = this.#sql.exec<{ series: string }>('SELECT series FROM snapshot').toArray();
    const totals = new RunningTotals(
      new Map(
        parts.flatMap(({ series }) =>
          (JSON.parse(series) as [string, Total][]).filter(([, total]) => isReadableTotal(total)),
        ),
      ),
    );
    type IsolateRow = { id: string; sequence: number; at: number };
    for (const { id, sequence, at } of this.#sql.exec<IsolateRow>('SELECT * FROM isolate')) {
      totals.see({ isolate: id, sequence }, at);
    }
    type BatchRow = { at: number; batch: string };
    for (const { at, batch: text } of this.#sql.exec<BatchRow>('SELECT at, batch FROM batch ORDER BY n')) {
      const told = JSON.parse(text) as Batch;
      const batch = { ...told, sums: readableSums(told.sums) ?? [], gauges: readableGauges(told.gauges) };
      totals.add(batch, at);
      this.#look(batch, at);
    }
    return totals;
  }

  #look({ isolate, sums, gauges }: Batch, at: NumericDate): void {
    this.#recent.add(sums, at);
    if (gauges !== undefined) this.#gauges.add(isolate, gauges, at);
  }

  #now(): number {
    return Date.now() / 1e3;
  }
}
