import { bounded } from './read-source.ts';
import { SourceFault, type SourceNode } from './source-node.ts';

/** A word of a command line, with quoted parts in it. */
const WORD = /(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'\\])+/y;

/**
 * `--flag=value`, `--flag value` and `--flag`, in any number of lines; a flag that is there twice is a list. Lines may be
 * those of a shell or of a list (`- --flag`), with comments. Throws `SourceFault` for what a shell may read in another way.
 */
export function readFlags(text: string): SourceNode {
  bounded(text);
  const members = new Map<string, SourceNode>();
  let open: string | undefined;
  const add = (flag: string, line: number, value: string | true) => {
    const name = flag.replaceAll('-', '_');
    const before = members.get(name);
    const items = before === undefined ? [] : Array.isArray(before.value) ? before.value : [before];
    members.set(name, before === undefined ? { line, value } : { line, value: [...items, { line, value }] });
  };
  text.split('\n').forEach((row, index) => {
    const line = index + 1;
    for (const word of wordsOf(row, line)) {
      const [, flag, given] = /^--([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
      if (open !== undefined) add(open, line, flag === undefined ? word : true);
      else if (flag === undefined && members.size > 0)
        throw new SourceFault(line, 'a word that belongs to no flag');
      open = flag !== undefined && given === undefined ? flag : undefined;
      if (flag !== undefined && given !== undefined) add(flag, line, given);
    }
  });
  if (open !== undefined) add(open, text.split('\n').length, true);
  return { line: 1, value: members };
}

function wordsOf(row: string, line: number): readonly string[] {
  const words: string[] = [];
  let at = /^\s*(?:-(?=\s))?/.exec(row)?.[0].length ?? 0;
  while (at < row.length) {
    const rest = row.slice(at);
    if (/^\s/.test(rest)) {
      at += 1;
      continue;
    }
    if (rest.startsWith('#') || /^\\\s*$/.test(rest)) break;
    WORD.lastIndex = at;
    const [word] = WORD.exec(row) ?? [];
    at += word?.length ?? 0;
    const next = row[at];
    if (word === undefined || (next !== undefined && !/\s/.test(next)))
      throw new SourceFault(
        line,
        'quotes or a backslash that a shell may read in another way: quote the whole',
      );
    words.push(unquoted(word));
  }
  return words;
}

const unquoted = (word: string): string =>
  word.replace(
    /"((?:[^"\\]|\\.)*)"|'([^']*)'/g,
    (_, double: string | undefined, single: string | undefined) =>
      double === undefined ? (single ?? '') : double.replace(/\\(["\\$`])/g, '$1'),
  );
