import { type Access, isRefused, OPEN, REFUSED } from './access.ts';
import { foreignFilters } from './envoy-filters.ts';
import { readMatch } from './envoy-match.ts';
import { readProvider } from './envoy-provider.ts';
import { type NamedProvider, type RequirementContext, readRequirement } from './envoy-requirement.ts';
import { forwardingOf } from './envoy-routes.ts';
import { nodesWhere, tablesWith } from './find-tables.ts';
import { firstMatch, type Rule, tellOfSet } from './first-match.ts';
import { IssuerTables } from './issuer-table.ts';
import type { Outcome } from './model.ts';
import { EVERY_PATH, EVERY_PATTERN, isWithin } from './path-set.ts';
import type { Peer, PeerContext } from './peer.ts';
import { EVERY_HOST, EVERY_METHOD } from './request-set.ts';
import { plainValue, SourceFault, type SourceNode, SourceTable, snakeCase } from './source-node.ts';

export const envoy: Peer = {
  title: 'Envoy jwt_authn',
  differences: [
    'A token without exp is refused, and so is one without audience.',
    'An audience is compared as it is; there "https://" and a slash at the end do not count.',
    'A token in the query (access_token) is not looked for unless from_params names it; there it is a source by default.',
  ],
  recognises: (documents) =>
    documents.some(
      (document) => filtersIn(document).length > 0 || tablesWith(document, 'static_resources').length > 0,
    ),
  read(documents, context) {
    const [filter, ...others] = documents.flatMap(filtersIn);
    if (filter === undefined)
      throw new SourceFault(1, 'no jwt_authn filter: a table with providers and rules');
    if (others.length > 0) {
      throw new SourceFault(others[0]?.line ?? 1, 'a second jwt_authn filter: import one listener at a time');
    }
    const config = new SourceTable(filter, 'jwt_authn', snakeCase);
    const issuers = new IssuerTables(context);
    const requirements: RequirementContext = {
      providers: providersOf(config, issuers, context),
      losses: context.losses,
    };
    const rules = rulesOf(config, requirements, context);
    if (config.flag('bypass_cors_preflight') === true)
      context.losses.add(
        config.lineOf('bypass_cors_preflight'),
        'bypass_cors_preflight',
        'preflights pass without a token there',
        'they are asked for one: docs/browsers.md has cors',
      );
    for (const key of ['@type', 'strip_failure_response', 'stat_prefix']) config.node(key);
    const unknown = config.unknown();
    for (const { key, line } of unknown) {
      context.losses.add(
        line,
        key,
        'it may refuse requests, and is not carried over',
        'everything is refused',
      );
    }
    const isClosed = foreignFilters(documents, context) || unknown.length > 0;
    const forwarding = forwardingOf(documents, context);
    const rest = unmatched(rules, forwarding !== undefined, config.line, context);
    const decideAccess = firstMatch([...rules, ...rest].map((rule) => [rule]));
    const decideWay = forwarding && firstMatch(forwarding.map((rule) => [rule]));
    return {
      issuers: issuers.all,
      sets: [...rules, ...rest, ...(forwarding ?? [])].map(({ match }) => match),
      decide: (reach) => {
        const access = decideAccess(reach);
        if (access === undefined || isClosed) return access && { ...access, access: REFUSED };
        if (decideWay === undefined) return access;
        const way = decideWay(reach);
        return (
          way && {
            ...access,
            label: access.label,
            upstream: way.upstream,
            access: isRefused(way.access) ? REFUSED : access.access,
          }
        );
      },
    };
  },
};

/** Every table that is a JwtAuthentication message. */
const filtersIn = (node: SourceNode): readonly SourceNode[] =>
  nodesWhere(
    node,
    (keys, type) =>
      keys.has('providers') && (keys.has('rules') || keys.has('requirement_map') || /jwt_authn/.test(type)),
  );

function providersOf(
  config: SourceTable,
  issuers: IssuerTables,
  { losses }: PeerContext,
): ReadonlyMap<string, NamedProvider> {
  const named = audiencesOfRules(config);
  return new Map(
    (config.table('providers')?.members() ?? []).map(([label, node]) => {
      const { facts, usable } = readProvider(label, new SourceTable(node, label, snakeCase), losses);
      const own = facts.audience ?? [];
      const accepted = [...new Set([...own, ...(named.get(label) ?? [])])];
      const name = issuers.add({ ...facts, audience: accepted });
      return [label, { table: usable ? name : undefined, audiences: own, accepted }] as const;
    }),
  );
}

/** The audiences that rules name in the place of a provider's own. */
function audiencesOfRules(config: SourceTable): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, member] of Object.entries(value)) {
      if (snakeCase(key) === 'provider_and_audiences' && typeof member === 'object' && member !== null) {
        const spelt = Object.fromEntries(
          Object.entries(member).map(([name, each]) => [snakeCase(name), each]),
        );
        const list = Array.isArray(spelt.audiences) ? spelt.audiences.map(String) : [];
        const name = String(spelt.provider_name);
        found.set(name, [...(found.get(name) ?? []), ...list]);
      }
      visit(member);
    }
  };
  for (const key of ['rules', 'requirement_map']) {
    const node = config.node(key);
    if (node !== undefined) visit(plainValue(node));
  }
  return found;
}

/**
 * What no rule matches passes without a look at its token. Where the file says which requests are forwarded at all, that is
 * carried over; else it would open everything, so it is not.
 */
function unmatched(
  rules: readonly Rule[],
  isForwardingKnown: boolean,
  line: number,
  { losses, origin }: PeerContext,
): readonly Rule[] {
  const isWhole = ({ match: { paths, hosts, methods } }: Rule) =>
    paths.inner.some((pattern) => isWithin(EVERY_PATTERN, pattern)) &&
    hosts.inner.includes('*') &&
    methods === EVERY_METHOD;
  if (rules.some(isWhole)) return [];
  const match = { hosts: EVERY_HOST, paths: EVERY_PATH, methods: EVERY_METHOD };
  if (isForwardingKnown)
    return [{ match, outcome: { label: 'unmatched', line, access: OPEN, upstream: { origin } } }];
  losses.add(
    line,
    'requests that no rule matches',
    'they pass without verification there, and the file does not say which are served',
    'not served: 404',
  );
  return [];
}

function rulesOf(
  config: SourceTable,
  requirements: RequirementContext,
  context: PeerContext,
): readonly Rule[] {
  const named = config.table('requirement_map');
  return config.tables('rules', snakeCase).map((rule, index) => {
    const { set, unknown } = readMatch(rule.table('match', snakeCase));
    const label = labelOf(rule, index);
    const name = rule.text('requirement_name');
    const own = name === undefined ? rule.table('requires', snakeCase) : named?.table(name, snakeCase);
    const access: Access =
      own === undefined ? (name === undefined ? OPEN : REFUSED) : readRequirement(own, requirements);
    const what = `rule ${index + 1} (${label})`;
    if (name !== undefined && own === undefined) {
      context.losses.add(rule.line, what, `requirement_map has no ${name}`, 'refused whole');
    }
    if (unknown.length > 0) {
      context.losses.add(
        rule.line,
        what,
        `routes cannot match by ${unknown.join(', ')}`,
        'no route of its own; requests that it may match have to meet it and the rule they fall to',
      );
    } else tellOfSet(rule.line, what, set, context.losses);
    const foreign = rule.unknown();
    for (const { key, line } of foreign)
      context.losses.add(line, `${what}: ${key}`, 'not known', 'refused whole');
    const outcome: Outcome = {
      label,
      line: rule.line,
      access: foreign.length > 0 ? REFUSED : access,
      upstream: { origin: context.origin },
    };
    return { match: set, outcome };
  });
}

function labelOf(rule: SourceTable, index: number): string {
  const match = rule.table('match', snakeCase);
  const text = match?.text('path') ?? match?.text('prefix') ?? match?.text('path_separated_prefix') ?? '';
  const plain = text.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  return plain === '' ? (text === '/' ? 'everything' : `rule-${index + 1}`) : plain;
}
