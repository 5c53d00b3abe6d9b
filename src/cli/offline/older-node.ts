/** What ECMAScript and the URL standard have and Node 20 lacks, as far as the sources that run there use it. */

export function groupBy<K, V>(items: Iterable<V>, keyOf: (item: V, index: number) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  let index = 0;
  for (const item of items) {
    const key = keyOf(item, index);
    index += 1;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

export function isDisjointFrom<T>(set: ReadonlySet<T>, other: { has(item: T): boolean }): boolean {
  for (const item of set) if (other.has(item)) return false;
  return true;
}

export const parseUrl = (text: string, base?: string): URL | null =>
  URL.canParse(text, base) ? new URL(text, base) : null;
