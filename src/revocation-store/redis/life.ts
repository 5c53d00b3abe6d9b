import { EPOCH_KEY, INDEX_POSITION_KEY, MANIFEST_KEY, STATE_KEY } from '../../core/key-names.ts';
import { assumptionsText } from '../assumptions.ts';
import { type RevocationStore, type StoreLife, StoreUnavailable } from '../port.ts';
import type { RunCommand } from './key-index.ts';
import { ADOPT, ASSUME } from './scripts.ts';
import { readMark } from './state.ts';

/** A memory outside a Redis of whether it was ever marked. */
export interface FirstStart {
  readonly memory: Pick<RevocationStore, 'isClaimed' | 'claimOnce'>;
  /** Tells one Redis from another, such as its host. */
  readonly name: string;
}

/** A century: for as long as anybody asks. Seconds. */
const FOR_EVER_SECONDS = 100 * 365 * 24 * 3_600;

export async function readLife(run: RunCommand): Promise<StoreLife> {
  const reply = await run(['MGET', EPOCH_KEY, STATE_KEY]);
  const [epoch, state] = Array.isArray(reply) ? reply : [undefined, undefined];
  const mark = readMark(epoch, state);
  if (mark === undefined) throw new StoreUnavailable('malformed');
  return { epoch: mark.epoch, position: mark.position ?? 0, keptSeconds: mark.keptSeconds };
}

/** Snapshots and the place of the index belong to the life before. */
export async function beginEpoch(
  run: RunCommand,
  how: { readonly ifUnmarked: boolean },
): Promise<{ readonly epoch: string; readonly previous: string | undefined }> {
  const keys = [EPOCH_KEY, STATE_KEY, INDEX_POSITION_KEY, MANIFEST_KEY];
  const reply = await run(['EVAL', ADOPT, keys.length, ...keys, crypto.randomUUID(), how.ifUnmarked ? 1 : 0]);
  const [epoch, previous]: readonly unknown[] = Array.isArray(reply) ? reply : [];
  if (typeof epoch !== 'string' || typeof previous !== 'string') throw new StoreUnavailable('malformed');
  return { epoch, previous: previous === '' ? undefined : previous };
}

/**
 * Begins the first epoch of a Redis that was never marked, and never another: an unmarked one that was marked before has
 * lost its memory. What is remembered is written after the mark, so that an attempt cut off in between is made again.
 * Whether the Redis is marked, and that is remembered.
 */
export async function beginFirstEpoch(
  run: RunCommand,
  { memory, name }: FirstStart,
  { epoch }: StoreLife,
): Promise<boolean> {
  const id = `marked ${name}`;
  if (epoch === undefined) {
    if (await memory.isClaimed(id)) return false;
    await beginEpoch(run, { ifUnmarked: true });
  }
  await memory.claimOnce(id, FOR_EVER_SECONDS);
  return true;
}

/** Writes down what this writer assumes, where the store does not say so yet. */
export async function assume(
  run: RunCommand,
  keptSeconds: ReadonlyMap<string, number>,
  life: StoreLife,
): Promise<void> {
  const text = assumptionsText(keptSeconds);
  if (life.keptSeconds !== undefined && assumptionsText(life.keptSeconds) === text) return;
  await run(['EVAL', ASSUME, 1, STATE_KEY, text]);
}
