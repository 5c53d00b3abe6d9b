/** A member that differs between two values of one type: where it is, and both as text. */
export interface PlainChange {
  /** Names of members from the outermost in. */
  readonly path: readonly string[];
  readonly before: string;
  readonly after: string;
}

/** Every difference between two values of plain data, sets and maps. Lists are compared as a whole, sets without order. */
export function plainChanges(
  before: unknown,
  after: unknown,
  path: readonly string[] = [],
): readonly PlainChange[] {
  const [a, b] = [plain(before), plain(after)];
  if (isRecord(a) && isRecord(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) =>
      plainChanges(a[name], b[name], [...path, name]),
    );
  }
  const [left, right] = [textOf(a), textOf(b)];
  return left === right ? [] : [{ path, before: left, after: right }];
}

export const samePlain = (a: unknown, b: unknown): boolean => textOf(plain(a)) === textOf(plain(b));

/** As JSON, members in order of their names. */
export const textOf = (value: unknown): string =>
  value === undefined ? 'none' : JSON.stringify(plain(value));

function plain(value: unknown): unknown {
  if (value instanceof Set) return [...value].map(plain).toSorted(byText);
  if (value instanceof Map) return plain(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map(plain);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .flatMap((name) => (value[name] === undefined ? [] : [[name, plain(value[name])]])),
  );
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Set) &&
  !(value instanceof Map);
