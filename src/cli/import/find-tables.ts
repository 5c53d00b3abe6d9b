import { type SourceNode, SourceTable, snakeCase } from './source-node.ts';

/** The outermost tables whose keys, in snake case, and `@type` satisfy a condition. */
export function nodesWhere(
  { value, line }: SourceNode,
  condition: (keys: ReadonlySet<string>, type: string) => boolean,
): readonly SourceNode[] {
  if (Array.isArray(value)) return value.flatMap((item: SourceNode) => nodesWhere(item, condition));
  if (!(value instanceof Map)) return [];
  const type = value.get('@type')?.value;
  if (condition(new Set([...value.keys()].map(snakeCase)), typeof type === 'string' ? type : '')) {
    return [{ value, line }];
  }
  return [...value.values()].flatMap((member: SourceNode) => nodesWhere(member, condition));
}

/** The outermost tables that have the key. */
export const tablesWith = (node: SourceNode, key: string): readonly SourceTable[] =>
  nodesWhere(node, (keys) => keys.has(key)).map((found) => new SourceTable(found, key, snakeCase));
