/** What a token must say, in the words of a route's `require`; `true` asks for nothing, `false` for what no token has. */
export type Requirement = boolean | Test | All | Any | Not;

export interface Test {
  readonly [key: string]: string | number | boolean | readonly (string | number | boolean)[];
}
interface All {
  readonly all: readonly Requirement[];
}
interface Any {
  readonly any: readonly Requirement[];
}
interface Not {
  readonly not: Requirement;
}

export const isAll = (requirement: Requirement): requirement is All =>
  typeof requirement === 'object' && 'all' in requirement;
export const isAny = (requirement: Requirement): requirement is Any =>
  typeof requirement === 'object' && 'any' in requirement;
export const isNot = (requirement: Requirement): requirement is Not =>
  typeof requirement === 'object' && 'not' in requirement;

export function allOf(parts: readonly Requirement[]): Requirement {
  const flat = distinct(parts.flatMap((part) => (isAll(part) ? part.all : [part]))).filter(
    (part) => part !== true,
  );
  if (flat.includes(false)) return false;
  const named = flat.filter(isIssuer);
  const rest = flat.filter((part) => !isIssuer(part));
  const [first, ...others] = named.map(issuersIn);
  const common = first?.filter((name) => others.every((list) => list.includes(name)));
  if (common?.length === 0) return false;
  const parted = common === undefined ? rest : [issuedBy(common), ...rest];
  return single(parted) ?? { all: parted };
}

export function anyOf(parts: readonly Requirement[]): Requirement {
  const flat = distinct(parts.flatMap((part) => (isAny(part) ? part.any : [part]))).filter(
    (part) => part !== false,
  );
  if (flat.includes(true)) return true;
  if (flat.length === 0) return false;
  const named = flat.filter(isIssuer);
  const rest = flat.filter((part) => !isIssuer(part));
  const joined = named.length === 0 ? rest : [issuedBy([...new Set(named.flatMap(issuersIn))]), ...rest];
  return single(joined) ?? { any: joined };
}

export function not(part: Requirement): Requirement {
  if (typeof part === 'boolean') return !part;
  return isNot(part) ? part.not : { not: part };
}

/** The token is of one of these ISSUERS tables. */
export const issuedBy = (names: readonly string[]): Requirement =>
  names.length === 0 ? false : { issuer: [...names].sort() };

export const isIssuer = (part: Requirement): part is { readonly issuer: readonly string[] } =>
  typeof part === 'object' && 'issuer' in part;

const issuersIn = (part: Requirement): readonly string[] => (isIssuer(part) ? part.issuer : []);

/** The same for tokens of these tables alone: what is said of others goes. */
export function among(part: Requirement, names: readonly string[]): Requirement {
  if (isIssuer(part)) {
    const left = part.issuer.filter((name) => names.includes(name));
    return left.length === names.length || issuedBy(left);
  }
  if (isAll(part)) return allOf(part.all.map((each) => among(each, names)));
  if (isAny(part)) return anyOf(part.any.map((each) => among(each, names)));
  return isNot(part) ? not(among(part.not, names)) : part;
}

/** A claim that is one of these texts, or a list with one of them. */
export const textOrElement = (claim: string, values: readonly string[]): Requirement =>
  anyOf([
    values.length === 1 ? { claim, equals: values[0] ?? '' } : { claim, one_of: values },
    { claim, contains_any: values },
  ]);

/** One of these is a word of a claim of words with spaces, or an element of a list; one with a space is but an element. */
export function anyWord(claim: string, words: readonly string[]): Requirement {
  const plain = words.filter((word) => /^\S+$/.test(word));
  const others = words.filter((word) => /\s/.test(word));
  return anyOf([
    plain.length === 0 ? false : { claim, contains_any: plain, separator: 'space' },
    others.length === 0 ? false : { claim, contains_any: others },
  ]);
}

/** The same of every one of them. */
export const everyWord = (claim: string, words: readonly string[]): Requirement =>
  allOf(words.map((word) => anyWord(claim, [word])));

/** How deep the tables of it are nested, and how many there are: the schema bounds both. */
export function sizeOf(part: Requirement): { readonly depth: number; readonly tables: number } {
  if (typeof part === 'boolean') return { depth: 0, tables: 0 };
  const inner = isAll(part) ? part.all : isAny(part) ? part.any : isNot(part) ? [part.not] : [];
  const sizes = inner.map(sizeOf);
  return {
    depth: inner.length === 0 ? 0 : 1 + Math.max(...sizes.map(({ depth }) => depth)),
    tables: 1 + sizes.reduce((sum, { tables }) => sum + tables, 0),
  };
}

const distinct = (parts: readonly Requirement[]): readonly Requirement[] => [
  ...new Map(parts.map((part) => [JSON.stringify(part), part])).values(),
];

const single = (parts: readonly Requirement[]): Requirement | undefined =>
  parts.length === 0 ? true : parts.length === 1 ? parts[0] : undefined;
