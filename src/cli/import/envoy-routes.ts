import { OPEN, REFUSED } from './access.ts';
import { readMatch } from './envoy-match.ts';
import { nodesWhere, tablesWith } from './find-tables.ts';
import { type Rule, tellOfSet } from './first-match.ts';
import type { Upstream } from './model.ts';
import { onePath, pathText } from './path-set.ts';
import type { PeerContext } from './peer.ts';
import { hostSet, type RequestSet } from './request-set.ts';
import { SourceFault, type SourceNode, SourceTable, snakeCase } from './source-node.ts';
import { upstreamOf } from './upstream-url.ts';

/** The virtual hosts' routes in their order; undefined: the file has none. */
export function forwardingOf(
  documents: readonly SourceNode[],
  context: PeerContext,
): readonly Rule[] | undefined {
  const [config, ...others] = documents.flatMap((document) => tablesWith(document, 'virtual_hosts'));
  if (config === undefined) return undefined;
  if (others.length > 0)
    throw new SourceFault(
      others[0]?.line ?? 1,
      'a second route configuration: import one listener at a time',
    );
  const clusters = clustersOf(documents);
  const hosts = config.tables('virtual_hosts', snakeCase).map((host) => ({
    host,
    domains: host.texts('domains') ?? ['*'],
  }));
  // Exact names come before wildcards there, and longer ones before shorter ones.
  const sorted = hosts.toSorted((a, b) => longest(b.domains) - longest(a.domains));
  return sorted.flatMap(({ host, domains }) =>
    host
      .tables('routes', snakeCase)
      .map((route) => forwardingRule(route, { host, domains }, clusters, context)),
  );
}

const longest = (domains: readonly string[]): number =>
  Math.max(...domains.map((domain) => (domain === '*' ? 0 : domain.includes('*') ? domain.length : 1000)));

function forwardingRule(
  route: SourceTable,
  { host, domains }: { readonly host: SourceTable; readonly domains: readonly string[] },
  clusters: ReadonlyMap<string, string>,
  context: PeerContext,
): Rule {
  const { set, unknown } = readMatch(route.table('match', snakeCase));
  const match: RequestSet = {
    ...set,
    hosts: hostsOf(set, hostSet(domains.map((domain) => domain.replace(/:\d+$/, '')))),
  };
  const label = route.text('name') ?? host.text('name') ?? 'route';
  const what = `route ${label}`;
  const { losses } = context;
  if (unknown.length > 0)
    losses.add(
      route.line,
      what,
      `routes cannot match by ${unknown.join(', ')}`,
      'not served, nor what it may match',
    );
  else tellOfSet(route.line, what, match, losses);
  const overrides = [
    ...nodesWhere({ value: new Map(route.members()), line: route.line }, (_, type) => /jwt_authn/.test(type)),
  ];
  const action = route.table('route', snakeCase);
  if (overrides.length > 0)
    losses.add(route.line, what, 'it has a jwt_authn configuration of its own', 'refused');
  if (action === undefined) {
    losses.add(route.line, what, 'no origin answers it: a redirect or an answer of its own', 'not served');
    return { match, outcome: undefined };
  }
  const upstream = rewritten(action, match, wayOf(action, what, clusters, context), (at, key) =>
    losses.add(at, `${what}: ${key}`, 'no counterpart', 'the origin gets what the client sent'),
  );
  return {
    match,
    outcome: { label, line: route.line, access: overrides.length > 0 ? REFUSED : OPEN, upstream },
  };
}

const hostsOf = (set: RequestSet, own: RequestSet['hosts']): RequestSet['hosts'] =>
  set.hosts.inner.includes('*') ? own : { inner: [], outer: own.outer };

function wayOf(
  action: SourceTable,
  what: string,
  clusters: ReadonlyMap<string, string>,
  { origin, losses }: PeerContext,
): Upstream {
  if (origin !== undefined) return { origin };
  const name = action.text('cluster');
  const found = name === undefined ? undefined : clusters.get(name);
  if (found !== undefined) return upstreamOf(found, { line: action.line, what, losses });
  losses.add(
    action.line,
    what,
    'its cluster is not one address in the file',
    'origin left out, so that check asks for it',
  );
  return { origin: undefined };
}

/** `prefix_rewrite` takes the place of the text that matched. */
function rewritten(
  action: SourceTable,
  { paths }: RequestSet,
  upstream: Upstream,
  lose: (line: number, key: string) => void,
): Upstream {
  for (const key of ['regex_rewrite', 'host_rewrite_literal', 'auto_host_rewrite']) {
    if (action.has(key)) lose(action.lineOf(key), key);
  }
  const to = action.text('prefix_rewrite');
  const [pattern] = paths.inner;
  if (to === undefined || pattern === undefined) return upstream;
  const last = pattern.segments.at(-1);
  const before =
    last?.kind === 'start' && last.text === ''
      ? { ...pattern, segments: pattern.segments.slice(0, -1) }
      : pattern;
  const of = pathText(before.segments.length === 0 ? pattern : before);
  const target = to.replace(/\/$/, '');
  if (of.endsWith('/*') && target === '' && of !== '/*') return { ...upstream, stripPrefix: of.slice(0, -2) };
  return { ...upstream, rewrite: { of, to: of.endsWith('/*') ? `${target}/*` : pathText(onePath(to)) } };
}

/** The address of each cluster that has one. */
function clustersOf(documents: readonly SourceNode[]): ReadonlyMap<string, string> {
  const clusters = documents
    .flatMap((document) => tablesWith(document, 'clusters'))
    .flatMap((table) => table.tables('clusters', snakeCase));
  return new Map(
    clusters.flatMap((cluster): (readonly [string, string])[] => {
      const name = cluster.text('name') ?? '';
      const addresses = nodesWhere({ value: new Map(cluster.members()), line: cluster.line }, (keys) =>
        keys.has('port_value'),
      );
      const [only, ...more] = addresses.map((node) => new SourceTable(node, 'socket_address', snakeCase));
      if (only === undefined || more.length > 0) return [];
      const scheme = cluster.has('transport_socket') ? 'https' : 'http';
      const port = only.number('port_value') ?? 0;
      const address = `${scheme}://${only.text('address') ?? ''}${port === 80 || port === 443 ? '' : `:${port}`}`;
      return [[name, address]];
    }),
  );
}
