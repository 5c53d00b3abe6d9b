import { foldCharacters } from './fold.ts';
import { PARAMETER, type PathName } from './path-tree.ts';

/** One segment as sent: what lies between the slashes in it that only some readers see. */
export type Segment = readonly Piece[];

/** Names are folded, and trimmed as Windows does. */
export interface Piece {
  readonly name: string;
  /** Where the name is empty: whether it holds characters that only some readers leave out. */
  readonly mayBeName: boolean;
  /** Names that some readers make of it by dropping a parameter (`;…`) or the name of a stream (`:…:$…`). */
  readonly shortened: readonly string[];
  /** The name with which the path ends for readers who take a `?` or `#` in the piece for a delimiter. */
  readonly end: string | undefined;
}

/** Dots and white space alone, up to where some reader ends a name. */
const DOTS = /^[.\s]+(?:[;:?#]|$)/;

/**
 * All readings of a path at once, or the rule that it breaks: a segment that some reader takes for dots has none that
 * may be trusted. Empty segments in a row read as one. Linear in the path, however many readings there are; `RouteIndex.findAll` walks them.
 */
export function readingsOf(
  path: string,
): { readonly segments: readonly Segment[] } | { readonly fault: string } {
  const folded = foldCharacters(path);
  if ('fault' in folded) return folded;
  const sent = path.slice(1).split('/');
  const segments: Segment[] = [];
  for (const [index, segment] of folded.text.slice(1).split('/').entries()) {
    const isEmpty = sent[index] === '';
    if (isEmpty && index > 0 && sent[index - 1] === '') continue;
    const pieces = segment.split('\\');
    if (pieces.some((piece) => DOTS.test(piece))) return { fault: 'escape_reads_as_structure' };
    let stream = segment.lastIndexOf(':$');
    segments.push(
      pieces.map((piece) => {
        const read = pieceOf(piece, stream, isEmpty);
        stream -= piece.length + 1;
        return read;
      }),
    );
  }
  return { segments };
}

/** `stream` is where the last `:$` of the segment is, counted from the beginning of the piece. */
function pieceOf(raw: string, stream: number, isEmpty: boolean): Piece {
  const end = raw.search(/[?#]/);
  return {
    name: trimmed(raw),
    mayBeName: !isEmpty,
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
 * as they are, without and with an empty one at the end. A segment `:` is a parameter. Throws on a path that no request
 * can have.
 */
export function spellingsOf(routePath: string): readonly (readonly PathName[])[] {
  const read = readingsOf(routePath);
  if ('fault' in read) throw new Error(`route path ${JSON.stringify(routePath)} matches no request`);
  const pieces = read.segments.flat();
  const least: PathName[] = [];
  for (const { name, shortened, end } of pieces) {
    least.push(parameterOr(end ?? shortened.at(-1) ?? name));
    if (end !== undefined) break;
  }
  const names = pieces.map(({ name }) => parameterOr(name));
  return [withoutLastEmpty(least), withoutLastEmpty(names), names];
}

/** No name of a route is `:`, however escaped: the configuration check refuses it. */
const parameterOr = (name: string): PathName => (name === ':' ? PARAMETER : name);

const withoutLastEmpty = (names: readonly PathName[]) => (names.at(-1) === '' ? names.slice(0, -1) : names);
