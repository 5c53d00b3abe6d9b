/**
 * Whether text is the first piece, then each other after anything or nothing, and at its end the last: what a glob asks
 * whose every `*` is any run of characters, `/`, `.` and line ends too. Case-sensitive, code unit by code unit.
 * Each piece is looked for once, from left to right, and the leftmost place is kept: there is nothing to go back to.
 */
export function matchesPieces(text: string, pieces: readonly string[]): boolean {
  const first = pieces[0] as string;
  const last = pieces[pieces.length - 1] as string;
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) {
    return false;
  }
  let from = first.length;
  for (let i = 1; i < pieces.length - 1; i++) {
    const piece = pieces[i] as string;
    const at = text.indexOf(piece, from);
    if (at < 0 || at + piece.length > end) {
      return false;
    }
    from = at + piece.length;
  }
  return true;
}
