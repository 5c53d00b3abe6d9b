import { OPEN, REFUSED } from './access.ts';
import { type Rule, refusing } from './first-match.ts';
import { IssuerTables } from './issuer-table.ts';
import { backendOf } from './krakend-backend.ts';
import { patternOf } from './krakend-path.ts';
import { validated } from './krakend-validator.ts';
import { mostSpecific } from './most-specific.ts';
import { exactSet, type PathSet, unknownPaths } from './path-set.ts';
import type { Peer, PeerContext } from './peer.ts';
import { EVERY_HOST, type HostSet, hostSet, onlyMethods } from './request-set.ts';
import { SourceFault, SourceTable } from './source-node.ts';

const VALIDATOR = ['auth/validator', 'github.com/devopsfaith/krakend-jose/validator'];
/** What an endpoint may have that refuses nobody, or limits how many. Scripts (`modifier/lua-…`) may refuse. */
const PASSING =
  /^(?:qos\/|telemetry\/|documentation\/|proxy$|github\.com\/devopsfaith\/krakend-(?:ratelimit|cors|circuitbreaker|httpcache))/;

/** The same of the whole gateway. */
const PASSING_WHOLE =
  /^(?:router$|grpc$|security\/(?:cors|http)$|auth\/validator$|server\/static-filesystem$|github_com\/(?:devopsfaith|letgoapp)\/krakend-(?:gologging|cors|metrics|httpsecure))/;

export const krakend: Peer = {
  title: 'KrakenD',
  differences: [
    'exp, an audience and an issuer are required; there they are looked at where they are named.',
    'A token in the cookie access_token is not looked for unless cookie_key names one; there it is a source by default.',
    'Headers and query parameters pass to the origin; there those of input_headers and input_query_strings.',
    'Answers pass as the origin gives them: nothing is merged, filtered or encoded anew.',
  ],
  recognises: (documents) =>
    documents.some(
      ({ value }) =>
        value instanceof Map && value.has('endpoints') && (value.has('version') || value.has('$schema')),
    ),
  read(documents, context) {
    const [document, ...others] = documents;
    if (document === undefined || others.length > 0) throw new SourceFault(1, 'one document, not several');
    const config = new SourceTable(document, 'the configuration');
    const issuers = new IssuerTables(context);
    const around = { allowed: allowedHosts(config), hosts: config.texts('host') ?? [] };
    const rules = config.tables('endpoints').map((endpoint) => ruleOf(endpoint, around, issuers, context));
    for (const key of [
      'version',
      '$schema',
      'name',
      'port',
      'timeout',
      'cache_ttl',
      'output_encoding',
      'debug_endpoint',
      'echo_endpoint',
      'listen_ip',
      'tls',
    ])
      config.node(key);
    const isClosed = refusals(config, context);
    for (const { key, line } of config.unknown()) {
      context.losses.add(line, key, 'not carried over', 'left out');
    }
    return {
      issuers: issuers.all,
      sets: rules.map(({ match }) => match),
      decide: refusing(isClosed, mostSpecific(rules)),
    };
  },
};

/** The hosts that `security/http` lets in; an expression is of none that is known. */
function allowedHosts(config: SourceTable): HostSet {
  const security = config.table('extra_config')?.table('security/http');
  const allowed = security?.texts('allowed_hosts') ?? [];
  if (allowed.length === 0) return EVERY_HOST;
  const isExpression = security?.flag('allowed_hosts_are_regex') === true;
  return isExpression
    ? { inner: [], outer: ['*'] }
    : hostSet(allowed.map((host) => host.replace(/:443$/, '')));
}

/** Whether something about the whole gateway may refuse requests. */
function refusals(config: SourceTable, { losses }: PeerContext): boolean {
  const extra = config.table('extra_config')?.members() ?? [];
  const foreign = extra.filter(([key]) => !PASSING.test(key) && !PASSING_WHOLE.test(key));
  for (const [key, node] of extra) {
    const refuses = foreign.some(([name]) => name === key);
    losses.add(
      node.line,
      key,
      refuses ? 'it may refuse requests, and is not carried over' : 'not carried over',
      refuses ? 'everything is refused' : 'left out',
    );
  }
  const isMutual = config.table('tls')?.flag('enable_mtls') === true;
  if (isMutual)
    losses.add(
      config.lineOf('tls'),
      'enable_mtls',
      'who may connect is not carried over',
      'everything is refused',
    );
  return foreign.length > 0 || isMutual;
}

function ruleOf(
  endpoint: SourceTable,
  { allowed, hosts }: { readonly allowed: HostSet; readonly hosts: readonly string[] },
  issuers: IssuerTables,
  context: PeerContext,
): Rule {
  const { losses } = context;
  const path = endpoint.text('endpoint') ?? '';
  const method = endpoint.text('method') ?? 'GET';
  const pattern = patternOf(path);
  const what = `${method} ${path}`;
  if (pattern === undefined) losses.add(endpoint.line, what, 'a path that no route can have', 'not served');
  const extra = endpoint.table('extra_config')?.members() ?? [];
  const validator = extra.find(([key]) => VALIDATOR.includes(key))?.[1];
  const foreign = extra.filter(([key, node]) => node !== validator && !PASSING.test(key));
  for (const [key, node] of extra) {
    if (node === validator) continue;
    const refuses = !PASSING.test(key);
    losses.add(
      node.line,
      `${what}: ${key}`,
      refuses ? 'it may refuse requests, and is not carried over' : 'not carried over',
      refuses ? 'refused' : 'left out',
    );
  }
  const read =
    validator === undefined
      ? { access: OPEN }
      : validated(new SourceTable(validator, 'auth/validator'), what, issuers, context);
  const upstream = backendOf(endpoint, pattern, hosts, context);
  for (const key of [
    'input_headers',
    'input_query_strings',
    'output_encoding',
    'concurrent_calls',
    'timeout',
    'cache_ttl',
    '@comment',
    'headers_to_pass',
    'querystring_params',
  ])
    endpoint.node(key);
  for (const { key, line } of endpoint.unknown())
    losses.add(line, `${what}: ${key}`, 'not known', 'left out');
  return {
    match: {
      hosts: allowed,
      paths: pattern === undefined ? partlyKnown(path) : exactSet(pattern),
      methods: onlyMethods([method.toUpperCase()]),
    },
    outcome: {
      label: path.replace(/[{}:*]/g, ''),
      line: endpoint.line,
      ...read,
      access: foreign.length > 0 || upstream === undefined ? REFUSED : read.access,
      upstream: upstream ?? { origin: undefined },
    },
  };
}

/** What a path that no route can have may match. */
const partlyKnown = (path: string): PathSet => unknownPaths(path.split(/[{:*]/)[0]);
