import type { StoreMark } from '../../revocation/port.ts';
import { readAssumptions } from '../assumptions.ts';

/** A word without spaces: anything else in its place is not ours. */
const EPOCH = /^[\x21-\x7e]{1,64}$/;
/** `<position>[ <assumptions>]`. */
const STATE = /^(\d{1,16})(?: (\{.*\}))?$/s;

/**
 * Reads the values of `EPOCH_KEY` and `STATE_KEY`; undefined when either is not ours. A store without a state stands at
 * its beginning.
 */
export function readMark(
  epoch: string | null | undefined,
  state: string | null | undefined,
): StoreMark | undefined {
  const [, position, assumptions = ''] = STATE.exec(state ?? '0') ?? [];
  if (position === undefined || (typeof epoch === 'string' && !EPOCH.test(epoch))) return undefined;
  return {
    epoch: epoch ?? undefined,
    position: Number(position),
    keptSeconds: readAssumptions(assumptions),
  };
}
