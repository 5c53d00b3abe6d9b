import { type Access, both, REFUSED } from './access.ts';
import { firstMatch, type Rule, tellOfSet } from './first-match.ts';
import { IssuerTables } from './issuer-table.ts';
import { readTokens } from './kong-consumers.ts';
import { pluginAccess } from './kong-plugins.ts';
import type { KongPlugin, KongTokens } from './kong-policy.ts';
import { type KongEntry, readRoutes } from './kong-routes.ts';
import type { Peer } from './peer.ts';
import { SourceFault, SourceTable } from './source-node.ts';

export const kong: Peer = {
  title: 'Kong, declarative configuration',
  differences: [
    'exp is required, and nbf is looked at; there only where claims_to_verify names them.',
    'A token in the query (jwt) is not looked for unless uri_param_names names it; there it is a source by default.',
    'X-Consumer-* headers are not sent: map claims to headers.',
    'An algorithm is that of the table, where Kong takes it from the credential as well.',
  ],
  recognises: (documents) =>
    documents.some(({ value }) => value instanceof Map && value.has('_format_version')),
  read(documents, context) {
    const [document, ...others] = documents;
    if (document === undefined || others.length > 0) throw new SourceFault(1, 'one document, not several');
    const config = new SourceTable(document, 'the configuration');
    const entries = readRoutes(config, context);
    const issuers = new IssuerTables(context);
    const bound = pluginsIn(config);
    const tokens = readTokens(
      config,
      [...bound, ...entries.flatMap(({ plugins }) => plugins)],
      issuers,
      context,
    );
    const ranked = entries.map((entry) => ({
      rank: entry.rank,
      rule: ruleOf(entry, applying(bound, entry), tokens),
    }));
    for (const { match, label, line, unknown } of entries) {
      if (unknown.length === 0) tellOfSet(line, `route ${label}`, match, context.losses);
      else
        context.losses.add(
          line,
          `route ${label}`,
          `routes cannot match by ${unknown.join(', ')}`,
          'not served, nor what it may match',
        );
    }
    for (const key of ['_format_version', '_transform', '_comment', '_info']) config.node(key);
    for (const { key, line } of config.unknown()) context.losses.add(line, key, 'no counterpart', 'left out');
    const groups = [
      ...Map.groupBy(
        ranked.toSorted((a, b) => (a.rank < b.rank ? 1 : -1)),
        ({ rank }) => rank,
      ).values(),
    ];
    return {
      issuers: issuers.all,
      sets: entries.map(({ match }) => match),
      decide: firstMatch(groups.map((group) => group.map(({ rule }) => rule))),
    };
  },
};

/** Plugins of the whole configuration, with what they are bound to. */
const pluginsIn = (config: SourceTable): readonly KongPlugin[] =>
  config.tables('plugins').map((table) => ({ table, name: table.text('name') ?? '' }));

/** Of each name the one that is bound most closely. */
function applying(
  bound: readonly KongPlugin[],
  { plugins, label, serviceName }: KongEntry,
): readonly KongPlugin[] {
  const on = (key: 'service' | 'route', name: string | undefined) => {
    const other = key === 'service' ? 'route' : 'service';
    return bound.filter(({ table }) => name !== undefined && table.text(key) === name && !table.has(other));
  };
  const onBoth = bound.filter(
    ({ table }) =>
      table.has('service') && table.text('service') === serviceName && table.text('route') === label,
  );
  const everywhere = bound.filter(({ table }) => !table.has('service') && !table.has('route'));
  const layers = [...everywhere, ...on('service', serviceName), ...on('route', label), ...plugins, ...onBoth];
  return [...new Map(layers.map((plugin) => [plugin.name, plugin])).values()];
}

function ruleOf(entry: KongEntry, plugins: readonly KongPlugin[], tokens: KongTokens): Rule {
  const read = plugins.map((plugin) => pluginAccess(plugin, tokens));
  const access: Access = both([
    { anonymous: true, token: true, verifies: false },
    ...read.map((each) => each.access),
  ]);
  const sources = read.find((each) => each.sources !== undefined)?.sources;
  const headers = Object.assign({}, ...read.map((each) => each.headers ?? {}));
  return {
    match: entry.match,
    outcome: {
      label: entry.label,
      line: entry.line,
      access: entry.isServed ? access : REFUSED,
      upstream: entry.upstream,
      ...(sources === undefined ? {} : { sources }),
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
    },
  };
}
