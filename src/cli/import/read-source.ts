import { parse, TomlError } from 'smol-toml';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseAllDocuments } from 'yaml';
import { tomlLines } from '../toml-lines.ts';
import { SourceFault, type SourceNode } from './source-node.ts';

/** More than any policy that a Worker can hold, and little enough to read at once. */
const MAX_CHARACTERS = 4_000_000;
const MAX_NODES = 200_000;
const MAX_DEPTH = 60;

/**
 * The documents of a YAML stream, of which JSON is one. Aliases are followed, and counted each time, so that a few lines
 * cannot become a tree without end. Throws `SourceFault`.
 */
export function readYaml(text: string): readonly SourceNode[] {
  bounded(text);
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: counter, stringKeys: true, prettyErrors: false });
  if (!Array.isArray(documents)) return [];
  const lineOf = (offset: number) => counter.linePos(offset).line;
  let nodes = 0;
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new SourceFault(lineOf(error.pos[0]), `no YAML: ${error.message}`);
    const walk = (node: ParsedNode | null, line: number, depth: number): SourceNode => {
      nodes += 1;
      const here = node?.range ? lineOf(node.range[0]) : line;
      if (nodes > MAX_NODES) throw new SourceFault(here, `more than ${MAX_NODES} values, aliases counted`);
      if (depth > MAX_DEPTH) throw new SourceFault(here, `nested more than ${MAX_DEPTH} deep`);
      if (node === null) return { line: here, value: null };
      if (!isAlias(node) && node.tag !== undefined && !KNOWN_TAG.test(node.tag))
        throw new SourceFault(here, `the tag ${node.tag}: write what it stands for`);
      if (isAlias(node)) {
        const target = node.resolve(document) as ParsedNode | undefined;
        if (target === undefined) throw new SourceFault(here, 'an alias of nothing');
        return { ...walk(target, here, depth + 1), line: here };
      }
      if (isSeq(node)) {
        return { line: here, value: node.items.map((item) => walk(item as ParsedNode, here, depth + 1)) };
      }
      if (isMap(node)) {
        const members = new Map<string, SourceNode>();
        const merged: SourceNode[] = [];
        for (const { key, value } of node.items) {
          const keyNode = key as ParsedNode;
          const at = keyNode.range ? lineOf(keyNode.range[0]) : here;
          const name = isScalar(keyNode) ? String(keyNode.value) : '';
          const member = { ...walk(value as ParsedNode | null, at, depth + 1), line: at };
          if (name === '<<' && isScalar(keyNode) && keyNode.type === 'PLAIN') merged.push(member);
          else members.set(name, member);
        }
        return { line: here, value: withMerged(members, merged) };
      }
      return { line: here, value: isScalar(node) ? yamlScalar(node.value, node.source) : null };
    };
    return document.contents === null ? [] : [walk(document.contents as ParsedNode, 1, 0)];
  });
}

const KNOWN_TAG = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/;

/** What `<<` brings in: less than what stands there itself, and of several the first. */
function withMerged(
  own: ReadonlyMap<string, SourceNode>,
  merged: readonly SourceNode[],
): ReadonlyMap<string, SourceNode> {
  const sources = merged.flatMap((each) =>
    Array.isArray(each.value) ? (each.value as readonly SourceNode[]) : [each],
  );
  const members = new Map(own);
  for (const { value, line } of sources) {
    if (!(value instanceof Map)) throw new SourceFault(line, '<< is a table there, or a list of them');
    for (const [key, member] of value) if (!members.has(key)) members.set(key, member);
  }
  return members;
}

/** A number that readers of YAML write in different ways (`012`, `1e3`) is its text. */
const yamlScalar = (value: unknown, source: string | undefined): SourceNode['value'] =>
  scalar(typeof value === 'number' && source !== undefined && String(value) !== source ? source : value);

/** TOML, with the lines of its keys. Throws `SourceFault`. */
export function readTomlSource(text: string): SourceNode {
  bounded(text);
  const lines = tomlLines(text);
  const walk = (value: unknown, path: readonly string[], line: number): SourceNode => {
    const here = lines.get(path.join('\n')) ?? line;
    if (Array.isArray(value)) return { line: here, value: value.map((item) => walk(item, path, here)) };
    if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
      const members = Object.entries(value).map(
        ([key, member]) => [key, walk(member, [...path, key], here)] as const,
      );
      return { line: here, value: new Map(members) };
    }
    return { line: here, value: scalar(value) };
  };
  try {
    return walk(parse(text), [], 1);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = ''] = error.message.split('\n');
    throw new SourceFault(error.line, `no TOML: ${reason}`);
  }
}

/** Throws `SourceFault` for a text that is too long, or none. */
export function bounded(text: string): void {
  if (text.length > MAX_CHARACTERS) {
    throw new SourceFault(1, `more than ${MAX_CHARACTERS} characters`);
  }
  if (!text.isWellFormed()) throw new SourceFault(1, 'no Unicode text');
}

/** Dates and the like are their text; a text of JSON may still be half a surrogate pair. */
function scalar(value: unknown): SourceNode['value'] {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean' || typeof value === 'number') return value;
  return String(value).toWellFormed();
}
