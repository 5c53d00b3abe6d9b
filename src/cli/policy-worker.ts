import { parentPort, workerData } from 'node:worker_threads';
import type { Table } from './wrangler-source.ts';

/** What a module turned out to be. */
export type PolicyTold =
  | { readonly outcome: 'policy'; readonly tables: Table }
  | { readonly outcome: 'several'; readonly count: number }
  | { readonly outcome: 'none' }
  | { readonly outcome: 'unreadable'; readonly why: string };

interface Loaded {
  readonly default?: unknown;
  /** What was handed to `createGateway`. */
  readonly given: readonly unknown[];
}

function toldOf({ given, default: exported }: Loaded): PolicyTold {
  if (given.length > 1) return { outcome: 'several', count: given.length };
  const [tables] = given.length === 1 ? given : [exported];
  try {
    if (!isTable(tables) || typeof tables.fetch === 'function') return { outcome: 'none' };
    const read = plainTable(tables, []);
    // A module that exports nothing has an empty object there.
    const empty = given.length === 0 && Object.keys(read).length === 0;
    return empty ? { outcome: 'none' } : { outcome: 'policy', tables: read };
  } catch (error) {
    return { outcome: 'unreadable', why: error instanceof Error ? error.message : String(error) };
  }
}

/** Fails where a value is within itself, is no data, or throws as it is read: everything after this reads it to its ends. */
function plain(value: unknown, around: readonly unknown[]): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw new Error(`a ${typeof value} in it`);
  if (typeof value !== 'object' || value === null) return value;
  if (around.includes(value)) throw new Error('a value is within itself');
  return Array.isArray(value)
    ? value.map((member) => plain(member, [...around, value]))
    : plainTable(value, around);
}

const plainTable = (table: object, around: readonly unknown[]): Table =>
  Object.fromEntries(
    Object.entries(table).map(([name, member]) => [name, plain(member, [...around, table])]),
  ) as Table;

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

// Not awaited: a module that waits for what never comes ends the thread without a word.
import(workerData).then((loaded: Loaded) => parentPort?.postMessage(toldOf(loaded)));
