/**
 * Where the tables and keys of a TOML text stand: dotted path → line, counted from 1. Reads line by line, for people's
 * eyes: a header look-alike inside a multi-line string may mislead it.
 */
export function tomlLines(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  let table: readonly string[] = [];
  text.split('\n').forEach((line, index) => {
    const header = /^\s*\[\[?([^\]]+)\]\]?\s*(?:#.*)?$/.exec(line)?.[1];
    const key =
      /^\s*((?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+))*)\s*=/.exec(
        line,
      )?.[1];
    if (header !== undefined) table = pathSegments(header);
    const place = header !== undefined ? table : key !== undefined ? [...table, ...pathSegments(key)] : [];
    for (let depth = place.length; depth > 0; depth--) {
      const path = place.slice(0, depth).join('\n');
      if (!lines.has(path)) lines.set(path, index + 1);
    }
  });
  return lines;
}

/** The line of a place below `root`, or of the nearest table around it that is still below. */
export function lineAt(
  lines: ReadonlyMap<string, number>,
  root: readonly string[],
  place: readonly string[],
): number | undefined {
  for (let depth = place.length; depth > 0; depth--) {
    const line = lines.get([...root, ...place.slice(0, depth)].join('\n'));
    if (line !== undefined) return line;
  }
  return undefined;
}

/** The parts of a dotted path, quoted or not; the index in `claims[1]` is a part. */
export function pathSegments(dotted: string): readonly string[] {
  return [...dotted.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|([\w-]+)/g)].map(
    ([, basic, literal, bare]) => basic ?? literal ?? bare ?? '',
  );
}
