/** What a writer assumes, as it stands in the store: by `iss`, how long after a token's issue revocations are kept. */
export const assumptionsText = (keptSeconds: ReadonlyMap<string, number>): string =>
  JSON.stringify({ kept: Object.fromEntries([...keptSeconds].sort(([a], [b]) => (a < b ? -1 : 1))) });

/** The same text comes with answer after answer: it is read once. */
let last: { readonly text: string; readonly keptSeconds: ReadonlyMap<string, number> | undefined } = {
  text: '',
  keptSeconds: undefined,
};

/** undefined for what no writer of ours has written, an empty text among it: nothing is assumed. */
export function readAssumptions(text: string): ReadonlyMap<string, number> | undefined {
  if (text !== last.text) last = { text, keptSeconds: parse(text) };
  return last.keptSeconds;
}

function parse(text: string): ReadonlyMap<string, number> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || !('kept' in parsed)) return undefined;
  const { kept } = parsed;
  if (typeof kept !== 'object' || kept === null) return undefined;
  return new Map(
    Object.entries(kept).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}
