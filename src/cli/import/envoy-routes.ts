import { OPEN, REFUSED } from './access.ts';
import { readMatch } from './envoy-match.ts';
import { nodesWhere, tablesWith } from './find-tables.ts';
import { type Rule, tellOfSet } from './first-match.ts';
import type { Upstream } from './model.ts';
import { EVERY_PATH, onePath, pathText } from './path-set.ts';
import type { PeerContext } from './peer.ts';
import { EVERY_METHOD, hostSet, type RequestSet } from './request-set.ts';
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
  // Exact names come before wildcards there, and longer ones before shorter ones. A host's requests stay in its own list.
  const named = hosts.flatMap(({ host, domains }) => domains.map((domain) => ({ host, domain })));
  const sorted = named.toSorted((a, b) => weight(b.domain) - weight(a.domain));
  const isOverridden = config.has('typed_per_filter_config');
  return sorted.flatMap(({ host, domain }): readonly Rule[] => {
    const own = { host, domain, isOverridden: isOverridden || host.has('typed_per_filter_config') };
    const served = host
      .tables('routes', snakeCase)
      .map((route) => forwardingRule(route, own, clusters, context));
    return [
      ...served,
      { match: { hosts: hostOf(domain), paths: EVERY_PATH, methods: EVERY_METHOD }, outcome: undefined },
    ];
  });
}

const weight = (domain: string): number => (domain === '*' ? 0 : domain.includes('*') ? domain.length : 1000);

const hostOf = (domain: string): RequestSet['hosts'] => hostSet([domain.replace(/:\d+$/, '')]);

function forwardingRule(
  route: SourceTable,
  {
    host,
    domain,
    isOverridden,
  }: { readonly host: SourceTable; readonly domain: string; readonly isOverridden: boolean },
  clusters: ReadonlyMap<string, string>,
  context: PeerContext,
): Rule {
  const { set, unknown } = readMatch(route.table('match', snakeCase));
  const match: RequestSet = {
    ...set,
    hosts: hostsOf(set, hostOf(domain)),
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
  const isOwn =
    isOverridden ||
    nodesWhere({ value: new Map(route.members()), line: route.line }, (keys) =>
      keys.has('typed_per_filter_config'),
    ).length > 0;
  const action = route.table('route', snakeCase);
  if (isOwn)
    losses.add(route.line, what, 'it, or what it is in, has configurations of filters of its own', 'refused');
  if (action === undefined) {
    losses.add(route.line, what, 'no origin answers it: a redirect or an answer of its own', 'not served');
    return { match, outcome: undefined };
  }
  const upstream = rewritten(action, match, wayOf(action, what, clusters, context), (at, key) =>
    losses.add(at, `${what}: ${key}`, 'no counterpart', 'the origin gets what the client sent'),
  );
  return {
    match,
    outcome: { label, line: route.line, access: isOwn ? REFUSED : OPEN, upstream },
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
