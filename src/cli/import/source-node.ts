/** A value of a configuration as it stands in a file; lines count from 1. */
export interface SourceNode {
  readonly line: number;
  readonly value: SourceScalar | readonly SourceNode[] | ReadonlyMap<string, SourceNode>;
}

export type SourceScalar = string | number | boolean | null;

/** What is there is not what the peer's documentation allows there. */
export class SourceFault extends Error {
  override readonly name = 'SourceFault';
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

const isList = (value: SourceNode['value']): value is readonly SourceNode[] => Array.isArray(value);

/**
 * A table that remembers which of its keys were asked for, so that whatever an importer does not know is told and never
 * dropped. Every accessor throws `SourceFault` for a value of another type; `null` counts as absent.
 */
export class SourceTable {
  readonly line: number;
  readonly #members: ReadonlyMap<string, SourceNode>;
  readonly #asked = new Set<string>();

  /** `spell` makes one spelling of keys that have several (`jwksUri`, `jwks_uri`). */
  constructor(node: SourceNode, what: string, spell: (key: string) => string = (key) => key) {
    if (!(node.value instanceof Map)) throw fault(node, what, 'a table');
    this.line = node.line;
    const members = new Map<string, SourceNode>();
    for (const [key, member] of node.value) {
      const name = spell(key);
      if (members.has(name)) throw new SourceFault(member.line, `"${key}" is there twice`);
      members.set(name, member);
    }
    this.#members = members;
  }

  node(key: string): SourceNode | undefined {
    this.#asked.add(key);
    const found = this.#members.get(key);
    return found?.value === null ? undefined : found;
  }

  has(key: string): boolean {
    return this.node(key) !== undefined;
  }

  lineOf(key: string): number {
    return this.#members.get(key)?.line ?? this.line;
  }

  text(key: string): string | undefined {
    const node = this.node(key);
    if (node === undefined) return undefined;
    if (typeof node.value === 'number') return String(node.value);
    if (typeof node.value !== 'string') throw fault(node, key, 'text');
    return node.value;
  }

  number(key: string): number | undefined {
    const node = this.node(key);
    if (node === undefined) return undefined;
    const read =
      typeof node.value === 'string' && /^(?:0|[1-9]\d*)$/.test(node.value) ? Number(node.value) : node.value;
    if (typeof read !== 'number') throw fault(node, key, 'a number');
    return read;
  }

  flag(key: string): boolean | undefined {
    const node = this.node(key);
    if (node === undefined) return undefined;
    const read = node.value === 'true' || (node.value === 'false' ? false : node.value);
    if (typeof read !== 'boolean') throw fault(node, key, 'true or false');
    return read;
  }

  /** A list of texts; one text is a list of one. */
  texts(key: string): readonly string[] | undefined {
    const node = this.node(key);
    if (node === undefined) return undefined;
    if (!isList(node.value)) return [textOf(node, key)];
    return node.value.map((item) => textOf(item, key));
  }

  list(key: string): readonly SourceNode[] {
    const node = this.node(key);
    if (node === undefined) return [];
    if (!isList(node.value)) throw fault(node, key, 'a list');
    return node.value;
  }

  table(key: string, spell?: (key: string) => string): SourceTable | undefined {
    const node = this.node(key);
    return node && new SourceTable(node, key, spell);
  }

  tables(key: string, spell?: (key: string) => string): readonly SourceTable[] {
    return this.list(key).map((node) => new SourceTable(node, key, spell));
  }

  /** Every member, all of which then count as asked for. */
  members(): readonly (readonly [key: string, node: SourceNode])[] {
    for (const key of this.#members.keys()) this.#asked.add(key);
    return [...this.#members].filter(([, { value }]) => value !== null);
  }

  /** What nobody has asked for. */
  unknown(): readonly { readonly key: string; readonly line: number }[] {
    return [...this.#members]
      .filter(([key, { value }]) => !this.#asked.has(key) && value !== null)
      .map(([key, { line }]) => ({ key, line }));
  }
}

export function textOf(node: SourceNode, what: string): string {
  if (typeof node.value === 'number') return String(node.value);
  if (typeof node.value !== 'string') throw fault(node, what, 'text');
  return node.value;
}

/** As JSON has it. */
export function plainValue({ value }: SourceNode): unknown {
  if (isList(value)) return value.map(plainValue);
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, member]) => [key, plainValue(member)]));
  }
  return value;
}

/** Protobuf's JSON mapping takes both spellings. */
export const snakeCase = (key: string): string =>
  key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const fault = ({ line, value }: SourceNode, what: string, allowed: string): SourceFault =>
  new SourceFault(line, `${what} is ${allowed} there, and here ${kindOf(value)}`);

function kindOf(value: SourceNode['value']): string {
  if (isList(value)) return 'a list';
  if (value instanceof Map) return 'a table';
  return value === null ? 'nothing' : typeof value === 'string' ? 'text' : `a ${typeof value}`;
}
