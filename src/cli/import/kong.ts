import { type Access, both, REFUSED } from './access.ts';
import { precedence, type Rule, refusing, tellOfSet } from './first-match.ts';
import { IssuerTables } from './issuer-table.ts';
import { readTokens } from './kong-consumers.ts';
import { isPassing, pluginAccess } from './kong-plugins.ts';
import type { KongPlugin, KongTokens } from './kong-policy.ts';
import { isBefore, type Rank } from './kong-rank.ts';
import { type KongEntry, namesOf, readRoutes } from './kong-routes.ts';
import type { Peer, PeerContext } from './peer.ts';
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
    checkBindings(bound, entries, namesOf(config.tables('services')));
    const tokens = readTokens(
      config,
      [...bound, ...entries.flatMap(({ plugins }) => plugins)],
      issuers,
      context,
    );
    const ranked = entries.map(
      (entry): KongRule => ({
        ...ruleOf(entry, applying(bound, entry), tokens),
        rank: entry.rank,
      }),
    );
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
    const isClosed = refusesMore(config, context);
    return {
      issuers: issuers.all,
      sets: entries.map(({ match }) => match),
      decide: refusing(
        isClosed,
        precedence(ranked, (rule, other) => isBefore(rule.rank, other.rank)),
      ),
    };
  },
};

interface KongRule extends Rule {
  readonly rank: Rank;
}

/** Entities that decide nothing about who may pass. */
const HARMLESS: ReadonlySet<string> = new Set([
  '_format_version',
  '_transform',
  '_comment',
  '_info',
  '_konnect',
  '_workspace',
  'upstreams',
  'targets',
  'certificates',
  'ca_certificates',
  'snis',
  'vaults',
  'basicauth_credentials',
  'keyauth_credentials',
  'hmacauth_credentials',
  'oauth2_credentials',
  'mtls_auth_credentials',
]);

/** Whether something else of the file may refuse requests: plugins of groups of consumers, and what is not known. */
function refusesMore(config: SourceTable, { losses }: PeerContext): boolean {
  const foreign = config.unknown();
  for (const { key, line } of foreign) {
    const isHarmless = HARMLESS.has(key);
    losses.add(
      line,
      key,
      isHarmless ? 'no counterpart' : 'it may refuse requests, and is not carried over',
      isHarmless ? 'left out' : 'everything is refused',
    );
  }
  return foreign.some(({ key }) => !HARMLESS.has(key));
}

/** Plugins of the whole configuration that are on, with what they are bound to. */
const pluginsIn = (config: SourceTable): readonly KongPlugin[] =>
  config.tables('plugins').map((table) => ({ table, name: table.text('name') ?? '' }));

/** Of each name the one that is bound most closely; one that is off is as if it were not there. */
function applying(bound: readonly KongPlugin[], entry: KongEntry): readonly KongPlugin[] {
  const to = ({ table }: KongPlugin, key: 'service' | 'route') => {
    const name = table.text(key);
    return name !== undefined && entry[key].includes(name);
  };
  const ofBoth = bound.filter((plugin) => to(plugin, 'service') && to(plugin, 'route'));
  const ofRoute = bound.filter((plugin) => to(plugin, 'route') && !plugin.table.has('service'));
  const ofService = bound.filter((plugin) => to(plugin, 'service') && !plugin.table.has('route'));
  const everywhere = bound.filter(({ table }) => !table.has('service') && !table.has('route'));
  const layers = [
    ...everywhere.filter(({ table }) => !table.has('consumer')),
    ...[...ofService, ...entry.plugins.filter(({ of }) => of === 'service')],
    ...[...ofRoute, ...entry.plugins.filter(({ of }) => of === 'route')],
    ...ofBoth,
  ].filter(({ table }) => table.flag('enabled') !== false);
  const ofConsumers = bound.filter(({ table, name }) => table.has('consumer') && !isPassing(name));
  return [...new Map(layers.map((plugin) => [plugin.name, plugin])).values(), ...ofConsumers];
}

/** A plugin that is bound to what is not in the file would be bound to nothing. */
function checkBindings(
  bound: readonly KongPlugin[],
  entries: readonly KongEntry[],
  services: readonly string[],
) {
  for (const { table, name } of bound) {
    const service = table.text('service');
    const route = table.text('route');
    if (service !== undefined && !services.includes(service))
      throw new SourceFault(table.line, `plugin ${name}: there is no service ${JSON.stringify(service)}`);
    if (route !== undefined && !entries.some((entry) => entry.route.includes(route)))
      throw new SourceFault(table.line, `plugin ${name}: there is no route ${JSON.stringify(route)}`);
  }
}

function ruleOf(entry: KongEntry, plugins: readonly KongPlugin[], tokens: KongTokens): Rule {
  const names = plugins.map(({ name }) => name);
  const read = plugins.map((plugin) => pluginAccess(plugin, names, tokens));
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
