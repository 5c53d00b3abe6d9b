import type { Result } from '../core/result.ts';
import type { NumericDate } from '../core/time.ts';
import type { Manifest, Position, SnapshotChunk } from './feed.ts';

/** The latest changes one isolate has read, for the others of its colo. */
export interface ColoHead {
  /** The records cover every change after `from`, up to and including `to`. */
  readonly from: Position;
  readonly to: Position;
  readonly asOf: NumericDate;
  readonly records: Uint32Array;
}

/**
 * What isolates of one colo share, so that one of them asks for all. Every answer may be absent: the isolate then
 * asks the store itself. Never throws.
 */
export interface ColoShare {
  head(epoch: string): Promise<ColoHead | undefined>;
  /** Adds what this isolate has just read to what is shared. */
  publish(epoch: string, read: ColoHead): Promise<void>;
  /** Whether this isolate should be the one to ask the store now. */
  claimRefresh(epoch: string): Promise<boolean>;
  manifest(load: () => Promise<Result<Manifest, string>>): Promise<Result<Manifest, string>>;
  chunk(
    epoch: string,
    generation: string,
    cursor: string,
    load: () => Promise<Result<SnapshotChunk, string>>,
  ): Promise<Result<SnapshotChunk, string>>;
}

/** For runtimes without a Cache API: every isolate asks for itself. */
export const NO_COLO_SHARE: ColoShare = {
  head: async () => undefined,
  publish: async () => {},
  claimRefresh: async () => true,
  manifest: (load) => load(),
  chunk: (_epoch, _generation, _cursor, load) => load(),
};
