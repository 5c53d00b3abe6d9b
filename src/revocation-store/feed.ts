import type { Result } from '../core/result.ts';
import type { StoreMark } from '../revocation/port.ts';

/** Where a change stands in a store's log: `<number>` or `<number>-<number>`, growing. */
export type Position = string;

/** A compact copy of the deny-list, taken at or after `position`: changes after it complete the copy. */
export interface Manifest {
  readonly epoch: string;
  readonly generation: string;
  readonly position: Position;
  /** About how many records the copy holds; sizes the table. */
  readonly records: number;
}

export interface SnapshotChunk {
  /** As in `replica-record.ts`. */
  readonly records: Uint32Array;
  /** Cursor of the next chunk; undefined: this was the last. */
  readonly next: string | undefined;
}

export interface ChangePage {
  /** False: the log no longer reaches back to the position asked for, so changes may be missing. */
  readonly held: boolean;
  /** Of the store that answers, read after the changes; undefined where there are more of them, or some are missing. */
  readonly mark: StoreMark | undefined;
  readonly records: Uint32Array;
  readonly position: Position;
  /** Whether another page follows at once. */
  readonly more: boolean;
}

/** What a replica is built from and kept current by. Read-only. Never throws: a failure is a cause, safe to log. */
export interface RevocationFeed {
  /** `no_snapshot` when the store has none yet. */
  manifest(timeoutMs: number): Promise<Result<Manifest, string>>;
  chunk(generation: string, cursor: string, timeoutMs: number): Promise<Result<SnapshotChunk, string>>;
  changesSince(position: Position, timeoutMs: number): Promise<Result<ChangePage, string>>;
}

/** Cursor of the first chunk. */
export const FIRST_CHUNK = '0';

const POSITION = /^(\d{1,16})(?:-(\d{1,16}))?$/;

export const isPosition = (text: unknown): text is Position =>
  typeof text === 'string' && POSITION.test(text);

/** Negative when `a` comes before `b` in the log. */
export function comparePositions(a: Position, b: Position): number {
  const [, majorA = '0', minorA = '0'] = POSITION.exec(a) ?? [];
  const [, majorB = '0', minorB = '0'] = POSITION.exec(b) ?? [];
  return Number(majorA) - Number(majorB) || Number(minorA) - Number(minorB);
}
