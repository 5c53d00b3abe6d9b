import type { Losses } from './losses.ts';
import type { ImportedIssuer, ImportedRoute, Outcome, TomlTable, TomlValue, Upstream } from './model.ts';
import { pathText } from './path-set.ts';
import { among, isAll, isAny, isIssuer, isNot, type Requirement, sizeOf, type Test } from './requirement.ts';

/** What the schema takes of a `require`. */
const MAX_DEPTH = 5;
const MAX_TABLES = 60;

/** What no token can meet. */
const NEVER: TomlTable = {
  all: [
    { claim: 'sub', exists: true },
    { claim: 'sub', exists: false },
  ],
};

/** Where nothing is ever sent; RFC 2606 §2. */
const NOWHERE = 'https://refused.invalid';

interface WrittenRoute {
  readonly table: TomlTable;
  readonly comments: readonly string[];
  readonly lacksOrigin: boolean;
}

/** One ROUTES table. What cannot be said of it is told, and refuses instead. */
export function routeTable(
  { hosts, paths, methods, served }: ImportedRoute,
  issuers: readonly ImportedIssuer[],
  losses: Losses,
): WrittenRoute {
  const texts = paths.map(pathText);
  const match: TomlTable = {
    ...(hosts.includes('*') ? {} : { host: oneOrList(hosts) }),
    path: oneOrList(texts),
    ...(methods === undefined ? {} : { methods }),
  };
  const refuse = (why: string): WrittenRoute => ({
    table: { ...match, origin: NOWHERE, require: NEVER },
    comments: [why],
    lacksOrigin: false,
  });
  if (served === undefined) return refuse('Refused: nobody gets through here.');
  const fault = faultOf(served, texts, issuers);
  if (fault !== undefined) {
    losses.add(served.line, served.label, fault, 'refused whole');
    return refuse(`Refused: ${fault}.`);
  }
  const { origin, ...forwarding } = upstreamTable(served.upstream);
  return {
    table: {
      ...match,
      ...(origin === undefined ? {} : { origin }),
      ...forwarding,
      ...accessTable(served, { issuers, losses }),
    },
    comments: [
      `from line ${served.line}`,
      ...(origin === undefined ? ['origin = …  To be filled in: where these requests go'] : []),
    ],
    lacksOrigin: origin === undefined,
  };
}

const oneOrList = (texts: readonly string[]): TomlValue => (texts.length === 1 ? (texts[0] ?? '') : texts);

function faultOf(
  { access, upstream, sources }: Outcome,
  texts: readonly string[],
  issuers: readonly ImportedIssuer[],
): string | undefined {
  const { depth, tables } = sizeOf(access.token);
  if (depth > MAX_DEPTH || tables > MAX_TABLES) return 'its requirement is larger than a route can have';
  const { rewrite, stripPrefix } = upstream;
  if (rewrite !== undefined && rewrite.to !== rewrite.of && texts.some((text) => text !== rewrite.of)) {
    return `the origin gets ${rewrite.to}, which is said of ${rewrite.of} alone`;
  }
  if (stripPrefix !== undefined && texts.some((text) => !isBelow(text, stripPrefix))) {
    return `the origin gets the path without ${stripPrefix}, which it does not begin with`;
  }
  if (isOpen(access)) return undefined;
  const own = issuersOf(access.token, issuers);
  if (own.length === 0 && access.token !== false) return 'no issuer is known for it';
  if (own.length > 0 && (sources ?? commonSources(own)).length === 0) {
    return 'there is no one place where its tokens are looked for';
  }
  return undefined;
}

const isBelow = (path: string, prefix: string): boolean => path === prefix || path.startsWith(`${prefix}/`);

/** Nobody is looked at, and nothing is asked. */
const isOpen = ({ anonymous, token, verifies }: Outcome['access']): boolean =>
  !verifies && anonymous && token === true;

function upstreamTable({ origin, stripPrefix, rewrite }: Upstream) {
  return {
    origin,
    ...(stripPrefix === undefined ? {} : { strip_prefix: stripPrefix }),
    ...(rewrite === undefined || rewrite.to === rewrite.of ? {} : { rewrite: rewrite.to }),
  };
}

function accessTable(
  { access, headers, sources, line, label }: Outcome,
  {
    issuers,
    losses,
  }: {
    readonly issuers: readonly ImportedIssuer[];
    readonly losses: Losses;
  },
): TomlTable {
  if (isOpen(access)) return { authentication: 'none' };
  const own = issuersOf(access.token, issuers);
  const from = sources ?? commonSources(own);
  const sent = {
    ...commonHeaders(own, (what, why) => losses.add(line, `${label}: ${what}`, why, 'not sent')),
    ...headers,
  };
  const isForwarded = own.length > 0 && own.every(({ forwardsToken }) => forwardsToken);
  return {
    ...(access.anonymous ? { authentication: 'optional' } : {}),
    ...(own.length === 0 ? {} : { issuers: own.map(({ name }) => name) }),
    ...requireTable(
      among(
        access.token,
        own.map(({ name }) => name),
      ),
    ),
    ...(JSON.stringify(from) === '["bearer"]' || from.length === 0 ? {} : { token_sources: from }),
    ...(Object.keys(sent).length === 0 ? {} : { headers: sent }),
    ...(isForwarded ? { forward_token: true } : {}),
  };
}

/** The tables whose tokens may meet it. */
function issuersOf(token: Requirement, issuers: readonly ImportedIssuer[]): readonly ImportedIssuer[] {
  const named = namesIn(token);
  return named === undefined ? issuers : issuers.filter(({ name }) => named.has(name));
}

/** undefined: those of any table. */
function namesIn(token: Requirement): ReadonlySet<string> | undefined {
  if (isIssuer(token)) return new Set(token.issuer);
  if (isAll(token)) {
    return token.all.map(namesIn).find((names) => names !== undefined);
  }
  if (!isAny(token)) return undefined;
  const parts = token.any.map(namesIn);
  return parts.every((names) => names !== undefined)
    ? new Set(parts.flatMap((names) => [...names]))
    : undefined;
}

const commonSources = (own: readonly ImportedIssuer[]): readonly TomlValue[] =>
  (own[0]?.sources ?? []).filter((source) =>
    own.every(({ sources }) => sources.some((other) => JSON.stringify(other) === JSON.stringify(source))),
  );

function commonHeaders(own: readonly ImportedIssuer[], lose: (what: string, why: string) => void): TomlTable {
  const common: Record<string, TomlValue> = {};
  for (const [header, value] of own.flatMap(({ headers }) => Object.entries(headers))) {
    const isCommon = own.every(({ headers }) => JSON.stringify(headers[header]) === JSON.stringify(value));
    if (isCommon) common[header] = value;
    else
      lose(
        `header ${header}`,
        'only some of the issuers of the route have it, and a route has one table of headers',
      );
  }
  return common;
}

function requireTable(token: Requirement): TomlTable {
  const parts = (isAll(token) ? token.all : [token]).filter((part) => part !== true);
  if (parts.length === 0) return {};
  const scopes = parts.filter(isScope);
  const [scope] = scopes;
  const rest = parts.filter((part) => scopes.length > 1 || part !== scope);
  return {
    ...(scopes.length === 1 && scope !== undefined ? scope : {}),
    ...(rest.length === 0
      ? {}
      : {
          require:
            rest.length === 1 ? requirementTable(rest[0] ?? true) : { all: rest.map(requirementTable) },
        }),
  };
}

const isScope = (part: Requirement): part is Test => typeof part === 'object' && 'scope' in part;

function requirementTable(part: Requirement): TomlTable {
  if (typeof part === 'boolean') return part ? { not: NEVER } : NEVER;
  if (isAll(part)) return { all: part.all.map(requirementTable) };
  if (isAny(part)) return { any: part.any.map(requirementTable) };
  return isNot(part) ? { not: requirementTable(part.not) } : part;
}
