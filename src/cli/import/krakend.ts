import { OPEN, REFUSED } from './access.ts';
import { firstMatch, type Rule, refusing } from './first-match.ts';
import { IssuerTables } from './issuer-table.ts';
import { validated } from './krakend-validator.ts';
import type { Upstream } from './model.ts';
import { mostSpecificFirst } from './most-specific.ts';
import { exactSet, name, PARAMETER, type PathPattern, pathText } from './path-set.ts';
import type { Peer, PeerContext } from './peer.ts';
import { EVERY_HOST, onlyMethods } from './request-set.ts';
import { SourceFault, SourceTable } from './source-node.ts';
import { upstreamOf } from './upstream-url.ts';

const VALIDATOR = ['auth/validator', 'github.com/devopsfaith/krakend-jose/validator'];
/** What an endpoint may have that refuses nobody, or limits how many. */
const PASSING =
  /^(?:qos\/|telemetry\/|documentation\/|backend\/|modifier\/|proxy|grpc|github\.com\/devopsfaith\/krakend-(?:ratelimit|cors|circuitbreaker|httpcache))/;

/** The same of the whole gateway. */
const PASSING_WHOLE =
  /^(?:router$|security\/(?:cors|http)$|auth\/validator$|server\/|github_com\/(?:devopsfaith|letgoapp)\/krakend-(?:gologging|cors|metrics|httpsecure))/;

export const krakend: Peer = {
  title: 'KrakenD',
  differences: [
    'exp, an audience and an issuer are required; there they are looked at where they are named.',
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
    const hosts = config.texts('host') ?? [];
    const rules = config.tables('endpoints').map((endpoint) => ruleOf(endpoint, hosts, issuers, context));
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
      decide: refusing(isClosed, firstMatch(mostSpecificFirst(rules))),
    };
  },
};

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
  hosts: readonly string[],
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
      hosts: EVERY_HOST,
      paths: pattern === undefined ? { inner: [], outer: [] } : exactSet(pattern),
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

/** `{name}` or `:name` is one segment, `/*` at the end everything below. */
function patternOf(path: string): PathPattern | undefined {
  if (!path.startsWith('/')) return undefined;
  const open = path.endsWith('/*');
  const parts = (open ? path.slice(1, -2) : path.slice(1)).split('/');
  const segments = parts.map((part) =>
    /^(?:\{[\w-]+\}|:[\w-]+)$/.test(part) ? PARAMETER : /[{}*:]/.test(part) ? undefined : name(part),
  );
  return segments.every((segment) => segment !== undefined) ? { segments, open } : undefined;
}

/** The one backend; undefined: there are several, or its path cannot be said. */
function backendOf(
  endpoint: SourceTable,
  pattern: PathPattern | undefined,
  hosts: readonly string[],
  { origin, losses }: PeerContext,
): Upstream | undefined {
  const [backend, ...more] = endpoint.tables('backend');
  if (backend === undefined || more.length > 0) {
    losses.add(
      endpoint.line,
      `backends of ${endpoint.text('endpoint')}`,
      'a route has one origin, and merges nothing',
      'refused',
    );
    return undefined;
  }
  const own = backend.texts('host') ?? hosts;
  if (own.length > 1)
    losses.add(backend.line, 'host', 'several hosts to balance between', `the first, ${own[0]}`);
  const way =
    origin === undefined
      ? upstreamOf(own[0] ?? '', { line: backend.line, what: 'host', losses })
      : { origin };
  for (const key of [
    'encoding',
    'sd',
    'disable_host_sanitize',
    'is_collection',
    'mapping',
    'allow',
    'deny',
    'group',
    'target',
    'extra_config',
  ]) {
    if (backend.has(key) && key !== 'encoding' && key !== 'sd')
      losses.add(backend.lineOf(key), `backend: ${key}`, 'answers are not changed', 'left out');
  }
  if ((backend.text('method') ?? endpoint.text('method') ?? 'GET') !== (endpoint.text('method') ?? 'GET')) {
    losses.add(backend.line, 'method of the backend', 'the origin gets the method that came', 'refused');
    return undefined;
  }
  const asked = backend.text('url_pattern') ?? '/';
  const to = patternOf(asked.split('?')[0] ?? '');
  const names = namesOf(endpoint.text('endpoint') ?? '');
  if (
    pattern === undefined ||
    to === undefined ||
    asked.includes('?') ||
    namesOf(asked).some((each) => !names.includes(each))
  ) {
    losses.add(backend.line, 'url_pattern', 'it cannot be said of the path of the endpoint', 'refused');
    return undefined;
  }
  return { ...way, rewrite: { of: pathText(pattern), to: rewrittenText(asked, pattern, names) } };
}

const namesOf = (path: string): readonly string[] =>
  [...path.matchAll(/\{([\w-]+)\}/g)].map(([, each = '']) => each);

/** The parameters of the backend by the names that the route gives them. */
function rewrittenText(asked: string, pattern: PathPattern, names: readonly string[]): string {
  const given = pathText(pattern)
    .split('/')
    .filter((part) => part.startsWith(':'));
  return asked.replace(/\{([\w-]+)\}/g, (_, each: string) => given[names.indexOf(each)] ?? '');
}
