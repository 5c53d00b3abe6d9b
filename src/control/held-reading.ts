import type { Clock } from '../core/time.ts';

/**
 * How old an answer may be. Nobody scrapes so often, and whoever asks another isolate the next time must not be told less
 * than before: Prometheus takes a counter that has become smaller for one that has begun anew.
 */
const HELD_SECONDS = 1;

/**
 * The same reading for all who ask in one second, so that whoever scrapes as fast as they may does not keep the object busy
 * that counts. Holds values alone, and no promise of another request. Throws what `read` throws, and keeps no failure.
 */
export function heldReading<T>(read: () => Promise<T>, clock: Clock): () => Promise<T> {
  let held: { readonly value: T; readonly at: number } | undefined;
  return async () => {
    const now = clock();
    if (held !== undefined && now >= held.at && now - held.at < HELD_SECONDS) return held.value;
    const before = held;
    const value = await read();
    // Another request may have asked later and been answered sooner.
    if (held === before) held = { value, at: now };
    return value;
  };
}
