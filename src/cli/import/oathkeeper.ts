import { type Access, OPEN, REFUSED } from './access.ts';
import type { Decide } from './arrange.ts';
import { type Rule, ruleReach, setsOfRules, tellOfSet } from './first-match.ts';
import { IssuerTables } from './issuer-table.ts';
import type { TomlValue, Upstream } from './model.ts';
import { headersOf } from './oathkeeper-headers.ts';
import { jwtAccess } from './oathkeeper-jwt.ts';
import { readTarget } from './oathkeeper-target.ts';
import { isAnyText, isEmptyName, name, type PathPattern } from './path-set.ts';
import type { Peer, PeerContext } from './peer.ts';
import { onlyMethods } from './request-set.ts';
import { type SourceNode, SourceTable } from './source-node.ts';
import { upstreamOf } from './upstream-url.ts';

export const oathkeeper: Peer = {
  title: 'Ory Oathkeeper access rules',
  differences: [
    'exp and an audience are required, and "iss" is compared with trusted_issuers exactly.',
    'The scheme of match.url is not looked at: the gateway is behind TLS.',
    'A path is compared as it stands; there a slash at its end is taken away first, and paths that end so are served here only where no other rule may mean them.',
    'The global configuration (authenticators.….config, access_rules.matching_strategy) is not read.',
  ],
  recognises: (documents) =>
    rulesIn(documents).some(
      ({ value }) =>
        value instanceof Map &&
        value.has('match') &&
        (value.has('authenticators') || value.has('authorizer')),
    ),
  read(documents, context) {
    const issuers = new IssuerTables(context);
    const tables = rulesIn(documents).map((node) => new SourceTable(node, 'a rule'));
    const isGlob = tables.some((rule) => /<\*{1,2}>/.test(rule.table('match')?.text('url') ?? ''));
    const rules = tables.map((rule) => ruleOf(rule, isGlob, { issuers, context }));
    return { issuers: issuers.all, sets: setsOfRules(rules), decide: soleMatch(rules) };
  },
};

const rulesIn = (documents: readonly SourceNode[]): readonly SourceNode[] =>
  documents.flatMap((document) =>
    Array.isArray(document.value) ? (document.value as readonly SourceNode[]) : [document],
  );

/** A request that two rules match is an error there: the one that surely matches counts, where no other may. */
const soleMatch =
  (rules: readonly Rule[]): Decide =>
  (reach) => {
    const reached = rules
      .map((rule) => ({ rule, how: ruleReach(rule, reach) }))
      .filter(({ how }) => how !== 'none');
    const sure = reached.filter(({ how }) => how === 'all');
    const [only] = sure;
    if (only?.rule.outcome === undefined) return undefined;
    return reached.length === 1 ? only.rule.outcome : { ...only.rule.outcome, access: REFUSED };
  };

/** `isGlob`: the file's patterns are globs, which no regular expression can begin as. */
function ruleOf(
  rule: SourceTable,
  isGlob: boolean,
  { issuers, context }: { readonly issuers: IssuerTables; readonly context: PeerContext },
): Rule {
  const { losses } = context;
  const label = rule.text('id') ?? 'rule';
  const what = `rule ${label}`;
  const matching = rule.table('match');
  const { hosts, paths, unknown } = readTarget(matching?.text('url') ?? '', isGlob);
  const methods = onlyMethods((matching?.texts('methods') ?? []).map((method) => method.toUpperCase()));
  const match = { hosts, paths, methods };
  if (unknown !== undefined)
    losses.add(rule.line, what, `routes cannot match by ${unknown}`, 'not served, nor what it may match');
  else tellOfSet(rule.line, what, match, losses);
  const { access, sources } = authenticated(rule, what, issuers, context);
  const authorizer = rule.table('authorizer')?.text('handler');
  const allows = authorizer === 'allow';
  if (!allows)
    losses.add(
      rule.lineOf('authorizer'),
      `${what}: authorizer ${authorizer ?? 'left out'}`,
      authorizer === 'deny' ? 'it refuses everybody' : 'another service decides there',
      'refused',
    );
  const mutators = rule.tables('mutators');
  if (mutators.length === 0)
    losses.add(rule.line, what, 'it has no mutators, which is an error there', 'refused');
  const { headers, mayRefuse } = headersOf(mutators, what, losses);
  if (rule.has('errors'))
    losses.add(
      rule.lineOf('errors'),
      `${what}: errors`,
      'answers are 401 and 403',
      'left out: on_unauthenticated sends browsers to a login',
    );
  const upstream = wayOf(rule, what, context);
  for (const key of ['description', 'version']) rule.node(key);
  const foreign = [...rule.unknown(), ...(matching?.unknown() ?? [])];
  for (const { key, line } of foreign) losses.add(line, `${what}: ${key}`, 'not known', 'refused');
  const isServed = allows && !mayRefuse && mutators.length > 0 && foreign.length === 0;
  return {
    match: { ...match, paths: { inner: paths.inner, outer: withSlash(paths.outer) } },
    without: { ...match, paths: { inner: emptied(paths.inner), outer: emptied(paths.outer) } },
    outcome: {
      label,
      line: rule.line,
      access: isServed ? access : REFUSED,
      upstream,
      ...(sources === undefined ? {} : { sources }),
      ...(Object.keys(headers).length === 0 || access === OPEN ? {} : { headers }),
    },
  };
}

/** A path that ends with a slash is there the same without it. */
const withSlash = (paths: readonly PathPattern[]): readonly PathPattern[] =>
  paths.flatMap((path) =>
    path.open || isEmptyName(path.segments.at(-1))
      ? [path]
      : [path, { segments: [...path.segments, name('')], open: false }],
  );

/** `/a/<.*>` has no `/a/`, which is `/a` there. */
const emptied = (paths: readonly PathPattern[]): readonly PathPattern[] =>
  paths
    .filter(({ segments, open }) => open && segments.length > 1 && isAnyText(segments.at(-1)))
    .map(({ segments }) => ({ segments: [...segments.slice(0, -1), name('')], open: false }));

function wayOf(rule: SourceTable, what: string, { origin, losses }: PeerContext): Upstream {
  const upstream = rule.table('upstream');
  upstream?.node('preserve_host');
  const url = upstream?.text('url');
  const strip = upstream?.text('strip_path');
  if (origin === undefined && url === undefined)
    losses.add(rule.line, what, 'it names no upstream', 'origin left out, so that check asks for it');
  const way =
    origin !== undefined
      ? { origin }
      : url === undefined
        ? { origin: undefined }
        : upstreamOf(url, { line: rule.lineOf('upstream'), what, losses });
  const prefix = strip?.replace(/^\/?/, '/').replace(/\/+$/, '') ?? '';
  return prefix === '' ? way : { ...way, stripPrefix: prefix };
}

/**
 * Authenticators in their order: each hands on what it is not responsible for, and the first that is decides. `jwt` is for
 * requests with a token, `anonymous` for those without, all others for any.
 */
function authenticated(
  rule: SourceTable,
  what: string,
  issuers: IssuerTables,
  context: PeerContext,
): { readonly access: Access; readonly sources?: readonly TomlValue[] } {
  const chain = rule
    .tables('authenticators')
    .map((table) => ({ table, handler: table.text('handler') ?? '' }));
  if (chain.length === 0) context.losses.add(rule.line, what, 'it has no authenticators', 'refused');
  for (const { table, handler } of chain) {
    if (!['noop', 'anonymous', 'jwt', 'unauthorized'].includes(handler))
      context.losses.add(
        table.line,
        `${what}: authenticator ${handler}`,
        'it asks another service about every token',
        'no token of it is taken',
      );
  }
  const ofTokens = chain.find(({ handler }) => handler !== 'anonymous');
  const ofOthers = chain.find(({ handler }) => handler !== 'jwt')?.handler;
  if (ofTokens?.handler === 'noop') return { access: OPEN };
  const anonymous = ofOthers === 'anonymous' || ofOthers === 'noop';
  if (ofTokens?.handler !== 'jwt') return { access: { anonymous, token: false, verifies: true } };
  const { table } = ofTokens;
  const { access, sources } = jwtAccess(table.table('config'), table.line, { what, issuers, context });
  return {
    access: { anonymous, token: access.token, verifies: true },
    ...(sources === undefined ? {} : { sources }),
  };
}
