/**
 * Where the tables and keys of a TOML text stand: dotted path → line, counted from 1. Reads line by line, for people's
 * eyes: a header look-alike inside a multi-line string may mislead it.
 */
export function tomlLines(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  let table: readonly string[] = [];
  /** Of each array of tables, by its path: the index of its latest. */
  const latest = new Map<string, number>();
  const place = (segments: readonly string[]): readonly string[] => {
    const path: string[] = [];
    for (const segment of segments) {
      path.push(segment);
      const index = latest.get(path.join('\n'));
      if (index !== undefined) path.push(String(index));
    }
    return path;
  };
  text.split('\n').forEach((line, index) => {
    const header = /^\s*\[\[?([^\]]+)\]\]?\s*(?:#.*)?$/.exec(line)?.[1];
    const key =
      /^\s*((?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+))*)\s*=/.exec(
        line,
      )?.[1];
    if (header !== undefined) {
      const segments = pathSegments(header);
      if (/^\s*\[\[/.test(line)) {
        const path = [...place(segments.slice(0, -1)), ...segments.slice(-1)].join('\n');
        latest.set(path, (latest.get(path) ?? -1) + 1);
      }
      table = place(segments);
    }
    const here = header !== undefined ? table : key !== undefined ? [...table, ...pathSegments(key)] : [];
    for (let depth = here.length; depth > 0; depth--) {
      const path = here.slice(0, depth).join('\n');
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
