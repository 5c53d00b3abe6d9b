/** The candidate a person most likely meant by `word`, or undefined when none is near enough. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const folded = fold(word);
  if (folded === '' || folded.length > 64) return undefined;
  let best: string | undefined;
  let bestDistance = 1 + Math.min(2, Math.ceil(folded.length / 4));
  for (const candidate of candidates) {
    const distance = distanceBetween(folded, fold(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best ?? abbreviated(folded, candidates);
}

const fold = (word: string): string => word.toLowerCase().replace(/[_-]/g, '');

function abbreviated(folded: string, candidates: Iterable<string>): string | undefined {
  if (folded.length < 3) return undefined;
  for (const candidate of candidates) if (fold(candidate).startsWith(folded)) return candidate;
  return undefined;
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours cost one each. */
function distanceBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      }
      current[column] = cost;
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY;
