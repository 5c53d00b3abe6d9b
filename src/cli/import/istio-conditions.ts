import {
  allBounds,
  anyBounds,
  type Bounds,
  EVERYBODY,
  exactly,
  NOBODY,
  notBounds,
  UNKNOWN,
} from './access.ts';
import { allOf, anyOf, issuedBy, type Requirement } from './requirement.ts';
import type { SourceTable } from './source-node.ts';

/** The issuers of the file: `iss`, ISSUERS table, and claims that they alone have as words in one text. */
export type KnownIssuers = readonly {
  readonly iss: string;
  readonly table: string;
  readonly spaced: readonly string[];
}[];

export interface ReadCondition {
  readonly bounds: Bounds;
  /** What of it is not known, or known in part. */
  readonly vague: readonly string[];
}

const whole = (bounds: Bounds): ReadCondition => ({ bounds, vague: [] });
const everyone = whole(exactly(EVERYBODY));

/** A `source`: all of its fields hold. */
export function readSource(source: SourceTable, issuers: KnownIssuers): ReadCondition {
  const wanted = source.texts('requestPrincipals');
  const unwanted = source.texts('notRequestPrincipals');
  const parts = [
    ...(wanted === undefined ? [] : [principals(wanted, issuers)]),
    ...(unwanted === undefined ? [] : [negated(principals(unwanted, issuers))]),
    ...source.unknown().map(({ key }): ReadCondition => ({ bounds: UNKNOWN, vague: [key] })),
  ];
  return together(parts);
}

/** One entry of `when`: the value is one of `values`, and none of `notValues`. */
export function readWhen(when: SourceTable, issuers: KnownIssuers): ReadCondition {
  const key = when.text('key') ?? '';
  const values = when.texts('values');
  const unwanted = when.texts('notValues');
  const foreign = when.unknown().map((each): ReadCondition => ({ bounds: UNKNOWN, vague: [each.key] }));
  return together([
    ...(values === undefined ? [] : [attribute(key, values, issuers)]),
    ...(unwanted === undefined ? [] : [negated(attribute(key, unwanted, issuers))]),
    ...foreign,
  ]);
}

export const together = (parts: readonly ReadCondition[]): ReadCondition =>
  parts.length === 0
    ? everyone
    : { bounds: allBounds(parts.map(({ bounds }) => bounds)), vague: parts.flatMap(({ vague }) => vague) };

export const anyCondition = (parts: readonly ReadCondition[]): ReadCondition => ({
  bounds: anyBounds(parts.map(({ bounds }) => bounds)),
  vague: parts.flatMap(({ vague }) => vague),
});

const negated = ({ bounds, vague }: ReadCondition): ReadCondition => ({ bounds: notBounds(bounds), vague });

const ofToken = (under: Requirement, over: Requirement = under): Bounds => ({
  under: { anonymous: false, token: under },
  over: { anonymous: false, token: over },
});

function attribute(key: string, values: readonly string[], issuers: KnownIssuers): ReadCondition {
  if (key === 'request.auth.principal') return principals(values, issuers);
  if (key === 'request.auth.audiences') return claimIs('aud', values, { key, isVague: false });
  if (key === 'request.auth.presenter') return claimIs('azp', values, { key, isVague: false });
  const path = /^request\.auth\.claims((?:\[[^\][]+\])+)$/.exec(key)?.[1];
  if (path === undefined) return { bounds: UNKNOWN, vague: [key] };
  const names = [...path.matchAll(/\[([^\][]+)\]/g)].map(([, name = '']) => name);
  const claim =
    names.length === 1 && !names[0]?.startsWith('/')
      ? (names[0] ?? '')
      : `/${names.map((name) => name.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
  const isVague = issuers.some(({ spaced }) => spaced.includes(names.join('.')));
  return claimIs(claim, values, { key, isVague });
}

/** Claims whose text is a list of words there by default. */
const SPACED: ReadonlySet<string> = new Set(['scope', 'permission']);

/** A text, or an element of a list, that equals a value, or begins or ends with it. `isVague`: or a word of it. */
function claimIs(
  claim: string,
  values: readonly string[],
  { key, isVague }: { readonly key: string; readonly isVague: boolean },
): ReadCondition {
  const plain = values.filter((value) => !value.startsWith('*') && !value.endsWith('*'));
  const globs = values.filter((value) => !plain.includes(value));
  const spaced = SPACED.has(claim);
  const elements: Requirement =
    plain.length === 0 ? false : { claim, contains_any: plain, ...(spaced ? { separator: 'space' } : {}) };
  const texts: Requirement =
    plain.length === 0 || spaced
      ? false
      : plain.length === 1
        ? { claim, equals: plain[0] ?? '' }
        : { claim, one_of: plain };
  const globbed = globs.filter((glob) => glob !== '*').map((matches): Requirement => ({ claim, matches }));
  const under = anyOf([texts, elements, ...(spaced ? [] : globbed)]);
  if (globs.length === 0 && !isVague) return whole(ofToken(under));
  return {
    // A text that it matches is told; an element of a list, or any value, is not.
    bounds: ofToken(under, anyOf([under, { claim, exists: true }])),
    vague: [`${key}: ${(isVague ? values : globs).join(', ')}`],
  };
}

/** `iss/sub`, with `*` at one end or as the whole. */
function principals(values: readonly string[], issuers: KnownIssuers): ReadCondition {
  const parts = values.map((value): ReadCondition => {
    if (value === '*') return whole(ofToken(true));
    const each = issuers.map(({ iss, table }) => ofIssuer(value, `${iss}/`, table));
    const vague = value.startsWith('*') && value.includes('/') ? [`the principal ${value}`] : [];
    return { bounds: anyBounds([exactly(NOBODY), ...each]), vague };
  });
  return anyCondition(parts);
}

function ofIssuer(value: string, iss: string, table: string): Bounds {
  const issued = issuedBy([table]);
  const subject = (matches: Requirement) => ofToken(allOf([issued, matches]));
  if (value.startsWith('*')) {
    const ending = value.slice(1);
    const own = allOf([issued, { claim: 'sub', matches: `*${ending}` }]);
    return ofToken(own, ending.includes('/') ? issued : own);
  }
  if (!value.endsWith('*'))
    return value.startsWith(iss)
      ? subject({ claim: 'sub', equals: value.slice(iss.length) })
      : exactly(NOBODY);
  const beginning = value.slice(0, -1);
  if (iss.startsWith(beginning)) return ofToken(issued);
  return beginning.startsWith(iss)
    ? subject({ claim: 'sub', matches: `${beginning.slice(iss.length)}*` })
    : exactly(NOBODY);
}
