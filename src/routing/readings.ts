import { foldCharacters } from './fold.ts';

/** One segment as sent: what lies between the slashes in it that only some readers see. */
export type Segment = readonly Piece[];

/** Names are folded, and trimmed as Windows does. */
export interface Piece {
  readonly name: string;
  /** Names that some readers make of it by dropping a parameter (`;…`) or the name of a stream (`:…:$…`). */
  readonly shortened: readonly string[];
  /** The name with which the path ends for readers who take a `?` or `#` in the piece for a delimiter. */
  readonly end: string | undefined;
}

/** An empty segment reads as several of them do. */
const EMPTY_RUN = /\/{3,}/g;

/** Dots and white space alone, up to where some reader ends a name. */
const DOTS = /^[.\s]+(?:[;:?#]|$)/;

/**
 * All readings of a path at once, or the rule that it breaks: a segment that some reader takes for dots has none that
 * may be trusted. Linear in the path, however many readings there are; `RouteIndex.findAll` walks them.
 */
export function readingsOf(
  path: string,
): { readonly segments: readonly Segment[] } | { readonly fault: string } {
  const folded = foldCharacters(path);
  if ('fault' in folded) return folded;
  const segments: Segment[] = [];
  for (const segment of folded.text.slice(1).replace(EMPTY_RUN, '//').split('/')) {
    const pieces = segment.split('\\');
    if (pieces.some((piece) => DOTS.test(piece))) return { fault: 'escape_reads_as_structure' };
    let stream = segment.lastIndexOf(':$');
    segments.push(
      pieces.map((piece) => {
        const read = pieceOf(piece, stream);
        stream -= piece.length + 1;
        return read;
      }),
    );
  }
  return { segments };
}

/** `stream` is where the last `:$` of the segment is, counted from the beginning of the piece. */
function pieceOf(raw: string, stream: number): Piece {
  const end = raw.search(/[?#]/);
  return {
    name: trimmed(raw),
    shortened: shortened(raw, stream),
    end: end < 0 ? undefined : trimmed(raw.slice(0, end)),
  };
}

function shortened(raw: string, stream: number): readonly string[] {
  const parameter = raw.indexOf(';');
  const colon = raw.indexOf(':');
  const names: string[] = [];
  if (parameter >= 0) names.push(trimmed(raw.slice(0, parameter)));
  if (colon >= 0 && colon <= stream) names.push(trimmed(raw.slice(0, colon)));
  return names;
}

/** Without the dots that Windows drops at the end, and white space around. */
function trimmed(name: string): string {
  let end = name.length;
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) end -= 1;
  return name.slice(0, end).trim();
}

/**
 * The names that a route's path comes to: first as the reader sees it who drops most, which stand for the route, then
 * as they are, without and with an empty one at the end. Throws on a path that no request can have.
 */
export function spellingsOf(routePath: string): readonly (readonly string[])[] {
  const read = readingsOf(routePath);
  if ('fault' in read) throw new Error(`route path ${JSON.stringify(routePath)} matches no request`);
  const pieces = read.segments.flat();
  const least: string[] = [];
  for (const { name, shortened, end } of pieces) {
    least.push(end ?? shortened.at(-1) ?? name);
    if (end !== undefined) break;
  }
  const names = pieces.map(({ name }) => name);
  return [withoutLastEmpty(least), withoutLastEmpty(names), names];
}

const withoutLastEmpty = (names: readonly string[]) => (names.at(-1) === '' ? names.slice(0, -1) : names);
