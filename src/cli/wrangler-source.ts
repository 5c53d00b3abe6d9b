import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getNodePath, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { parse, TomlError } from 'smol-toml';
import { type ConfigProblem, problem } from '../config/problem.ts';
import { err, ok, type Result } from '../core/result.ts';
import { fileFault } from './file-fault.ts';
import { tomlLines } from './toml-lines.ts';

export type Table = Readonly<Record<string, unknown>>;

/** A wrangler file as it is written, and where its tables and keys stand: dotted path → line, counted from 1. */
export interface WranglerSource {
  readonly whole: Table;
  readonly lines: ReadonlyMap<string, number>;
}

/** A file that cannot be read at all; `line` where its syntax breaks. */
export interface Unreadable {
  readonly problem: ConfigProblem;
  readonly line: number | undefined;
}

/** In the order in which wrangler looks for them: it reads the first that is there. */
const ENDINGS = ['json', 'jsonc', 'toml'] as const;

/** The files of one Worker in a folder (`wrangler`, `wrangler.control`, …), the one wrangler reads first. */
export const filesOf = (folder: string, name: string): readonly string[] =>
  ENDINGS.map((ending) => `${name}.${ending}`).filter((file) => existsSync(join(folder, file)));

/** Reads TOML, or JSON with comments and trailing commas, by the file's ending. */
export function readSource(file: string): Result<WranglerSource, Unreadable> {
  let text: string;
  try {
    // As wrangler does, which leaves a byte order mark out.
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    return unreadable({ path: file, found: fileFault(error), allowed: 'a file that can be read' });
  }
  return /\.jsonc?$/.test(file) ? readJson(text) : readToml(text);
}

function readToml(text: string): Result<WranglerSource, Unreadable> {
  try {
    return ok({ whole: parse(text), lines: tomlLines(text) });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = ''] = error.message.split('\n');
    return unreadable({ path: 'TOML', found: reason, allowed: 'TOML 1.0' }, error.line);
  }
}

function readJson(text: string): Result<WranglerSource, Unreadable> {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
  const [first] = errors;
  if (first !== undefined || tree === undefined) {
    const found = first === undefined ? 'nothing' : printParseErrorCode(first.error);
    return unreadable({ path: 'JSON', found, allowed: 'JSON, with comments' }, lineOf(first?.offset ?? 0));
  }
  const lines = new Map<string, number>();
  const twice = memberTwice(tree);
  if (twice !== undefined) {
    const path = getNodePath(twice);
    return unreadable(problem(path, 'a second time', 'a name once in a table'), lineOf(twice.offset));
  }
  const whole = jsonValue(tree, (node) => {
    const path = getNodePath(node);
    // Where its name stands, not where its value begins.
    if (path.length > 0) lines.set(path.join('\n'), lineOf((node.parent ?? node).offset));
  });
  return typeof whole === 'object' && whole !== null && !Array.isArray(whole)
    ? ok({ whole: whole as Table, lines })
    : unreadable({ path: 'JSON', found: 'no object', allowed: 'an object' }, 1);
}

/** JSON's last member of a name would win in silence, and take the other's place. */
function memberTwice(node: Node): Node | undefined {
  const children = node.children ?? [];
  if (node.type === 'object') {
    const names = new Set<unknown>();
    for (const member of children) {
      const [name, value] = member.children ?? [];
      if (names.has(name?.value)) return value ?? member;
      names.add(name?.value);
    }
  }
  for (const child of children) {
    const found = memberTwice(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** As `getNodeValue`, but that a member `__proto__` stays a member. */
function jsonValue(node: Node, visit: (node: Node) => void): unknown {
  visit(node);
  const children = node.children ?? [];
  if (node.type === 'array') return children.map((child) => jsonValue(child, visit));
  if (node.type !== 'object') return node.value;
  return Object.fromEntries(
    children.flatMap(({ children: [name, value] = [] }) =>
      name === undefined || value === undefined ? [] : [[name.value, jsonValue(value, visit)]],
    ),
  );
}

const unreadable = (problem: ConfigProblem, line?: number) => err({ problem, line });
