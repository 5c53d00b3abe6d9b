import type { PathParameter, PathParameters } from '../core/path-parameter.ts';
import type { RouteParameter } from '../core/policy.ts';
import { readingsOf } from './readings.ts';

/**
 * What a path has in place of its route's parameters. A value is the segment, unescaped once, where all of these hold;
 * otherwise it is undefined, since origins read several:
 * - it is visible ASCII without `/`, `\\`, `;`, `?`, `#` and `%`, whatever escapes it came in;
 * - nothing is escaped that need not be (letters, digits, `-`, `.`, `_`, `~`), and no `+` is sent as such, which some
 *   read as a space;
 * - it does not end with a dot and has no `:$`, which Windows drops;
 * - every parameter before it is one segment to every reader, so that none counts it as another segment.
 * Letter case is left as it is: who compares has to mind it.
 */
export function parametersOf(parameters: readonly RouteParameter[], path: string): PathParameters {
  const segments = path.split('/');
  const found = new Map<string, PathParameter>();
  let inPlace = true;
  for (const { name, index } of parameters) {
    const raw = segments[index + 1] ?? '';
    found.set(name, { raw, value: inPlace ? textOf(raw) : undefined });
    inPlace &&= isOneSegment(raw);
  }
  return found;
}

/**
 * Whether each parameter is one segment to every reader. A value says so of the parameters before it alone, in the order of
 * the route's path: where they go on in another, all must be.
 */
export const areWholeSegments = (parameters: PathParameters): boolean =>
  [...parameters.values()].every(({ raw }) => isOneSegment(raw));

const NEEDLESS_ESCAPE = /%(?:2[de]|3\d|[46][1-9a-f]|[57][\da]|5f|7e)/i;
/** Visible ASCII, the last no dot. */
const ONE_TEXT = /^(?!.*:\$)[!"$&-.0-:<->@-[\]-~]*[!"$&-\-0-:<->@-[\]-~]$/;

function textOf(raw: string): string | undefined {
  if (raw.includes('+') || NEEDLESS_ESCAPE.test(raw)) return undefined;
  let text = raw;
  if (raw.includes('%')) {
    try {
      text = decodeURIComponent(raw);
    } catch {
      return undefined;
    }
  }
  return ONE_TEXT.test(text) ? text : undefined;
}

function isOneSegment(raw: string): boolean {
  const read = readingsOf(`/${raw}`);
  if ('fault' in read) return false;
  const [piece, ...others] = read.segments.flat();
  return (
    piece !== undefined &&
    others.length === 0 &&
    piece.name !== '' &&
    piece.end === undefined &&
    piece.shortened.every((name) => name !== '')
  );
}
