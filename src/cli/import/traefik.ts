import { type Access, both, OPEN, REFUSED } from './access.ts';
import { firstMatch, type Rule, tellOfSet } from './first-match.ts';
import { IssuerTables } from './issuer-table.ts';
import type { Outcome, Upstream } from './model.ts';
import type { Peer, PeerContext } from './peer.ts';
import { SourceTable } from './source-node.ts';
import { jwtAccess } from './traefik-jwt.ts';
import { readRule } from './traefik-rule.ts';
import { upstreamOf } from './upstream-url.ts';

/** Middlewares that let through whatever comes, or limit how much. All others may refuse. */
const PASSING: ReadonlySet<string> = new Set([
  'stripPrefix',
  'headers',
  'compress',
  'rateLimit',
  'inFlightReq',
  'retry',
  'circuitBreaker',
  'buffering',
  'contentType',
  'errors',
  'redirectScheme',
  'grpcWeb',
  'passTLSClientCert',
]);
/** Those that change the path in ways that routes do not. */
const REWRITING: ReadonlySet<string> = new Set([
  'addPrefix',
  'replacePath',
  'replacePathRegex',
  'stripPrefixRegex',
  'redirectRegex',
]);

export const traefik: Peer = {
  title: 'Traefik, dynamic configuration',
  differences: [
    'Traefik Proxy verifies no tokens itself; the JWT middleware is that of Traefik Hub and of plugins.',
    'exp, an issuer and an audience are required; there they are looked at where they are there.',
    'Middlewares of entry points stand in the static configuration, which is not read.',
  ],
  recognises: (documents) =>
    documents.some(({ value }) => value instanceof Map && value.get('http')?.value instanceof Map),
  read(documents, context) {
    const http = documents.flatMap(
      (document) => new SourceTable(document, 'the configuration').table('http') ?? [],
    );
    const tables = (key: string) =>
      new Map(
        http
          .flatMap((table) => table.table(key)?.members() ?? [])
          .map(([name, node]) => [name, new SourceTable(node, name)]),
      );
    const issuers = new IssuerTables(context);
    const around = {
      middlewares: readMiddlewares(tables('middlewares'), issuers, context),
      services: tables('services'),
      context,
    };
    const rules = [...tables('routers')].flatMap(([label, router]) => routerRules(label, router, around));
    for (const { key, line } of http.flatMap((table) => table.unknown()))
      context.losses.add(line, `http.${key}`, 'not known', 'left out');
    const groups = [
      ...Map.groupBy(
        rules.toSorted((a, b) => b.priority - a.priority),
        ({ priority }) => priority,
      ).values(),
    ];
    return {
      issuers: issuers.all,
      sets: rules.map(({ rule }) => rule.match),
      decide: firstMatch(groups.map((group) => group.map(({ rule }) => rule))),
    };
  },
};

interface Middleware {
  readonly access: Access;
  readonly stripPrefix?: string;
  readonly extra: Pick<Outcome, 'sources' | 'headers'>;
}

function readMiddlewares(
  tables: ReadonlyMap<string, SourceTable>,
  issuers: IssuerTables,
  context: PeerContext,
): ReadonlyMap<string, Middleware> {
  return new Map([...tables].map(([name, table]) => [name, readMiddleware(name, table, issuers, context)]));
}

function readMiddleware(
  name: string,
  table: SourceTable,
  issuers: IssuerTables,
  context: PeerContext,
): Middleware {
  const { losses } = context;
  const parts = table
    .members()
    .flatMap(([kind, node]) =>
      kind === 'plugin' ? new SourceTable(node, kind).members() : [[kind, node] as const],
    );
  const read = parts.map(([kind, node]): Middleware => {
    if (/jwt/i.test(kind)) {
      const jwt = jwtAccess(new SourceTable(node, kind), name, issuers, context);
      return {
        access: jwt.access,
        extra: {
          ...(jwt.sources === undefined ? {} : { sources: jwt.sources }),
          ...(jwt.headers === undefined ? {} : { headers: jwt.headers }),
        },
      };
    }
    if (kind === 'stripPrefix') {
      const [prefix, ...more] = new SourceTable(node, kind).texts('prefixes') ?? [];
      if (prefix !== undefined && more.length === 0)
        return { access: OPEN, stripPrefix: prefix.replace(/\/+$/, ''), extra: {} };
      losses.add(node.line, `middleware ${name}`, 'a route strips one prefix', 'refused where it is used');
      return { access: REFUSED, extra: {} };
    }
    const why =
      kind === 'forwardAuth'
        ? 'another service decides there, and no token is verified by Traefik'
        : REWRITING.has(kind)
          ? 'it changes the path'
          : 'it may refuse requests, and is not carried over';
    losses.add(
      node.line,
      `middleware ${name}: ${kind}`,
      PASSING.has(kind) ? 'not carried over' : why,
      PASSING.has(kind) ? 'left out; who may pass does not hang on it' : 'refused where it is used',
    );
    return { access: PASSING.has(kind) ? OPEN : REFUSED, extra: {} };
  });
  const stripPrefix = read.find((each) => each.stripPrefix !== undefined)?.stripPrefix;
  return {
    access: both([OPEN, ...read.map(({ access }) => access)]),
    ...(stripPrefix === undefined ? {} : { stripPrefix }),
    extra: Object.assign({}, ...read.map(({ extra }) => extra)),
  };
}

interface Surroundings {
  readonly middlewares: ReadonlyMap<string, Middleware>;
  readonly services: ReadonlyMap<string, SourceTable>;
  readonly context: PeerContext;
}

function routerRules(
  label: string,
  router: SourceTable,
  { middlewares, services, context }: Surroundings,
): readonly { readonly rule: Rule; readonly priority: number }[] {
  const { losses } = context;
  const text = router.text('rule') ?? '';
  const what = `router ${label}`;
  const { sets, unknown } = readRule(text);
  if (unknown.length > 0)
    losses.add(
      router.line,
      what,
      `routes cannot match by ${unknown.join(', ')}`,
      'not served where it matters, nor what it may match',
    );
  else for (const set of sets) tellOfSet(router.line, what, set, losses);
  const used = (router.texts('middlewares') ?? []).map((name) => {
    const found = middlewares.get(name.replace(/@file$/, ''));
    if (found === undefined)
      losses.add(router.line, what, `the middleware ${name} is not in the file`, 'refused');
    return found ?? { access: REFUSED, extra: {} };
  });
  const stripPrefix = used.find((each) => each.stripPrefix !== undefined)?.stripPrefix;
  const way = wayOf(router, services, what, context);
  const own = router.number('priority') ?? 0;
  router.node('service');
  for (const key of ['entryPoints', 'tls', 'ruleSyntax', 'observability']) router.node(key);
  for (const { key, line } of router.unknown()) losses.add(line, `${what}: ${key}`, 'not known', 'refused');
  const options = router.node('tls')?.value instanceof Map && router.table('tls')?.has('options') === true;
  if (options)
    losses.add(
      router.lineOf('tls'),
      `${what}: tls.options`,
      'who may connect is not carried over',
      'refused',
    );
  const isForeign = options || router.unknown().length > 0;
  const outcome: Outcome = {
    label,
    line: router.line,
    access: isForeign ? REFUSED : both([OPEN, ...used.map(({ access }) => access)]),
    upstream: stripPrefix === undefined || stripPrefix === '' ? way : { ...way, stripPrefix },
    ...Object.assign({}, ...used.map(({ extra }) => extra)),
  };
  return sets.map((match) => ({ rule: { match, outcome }, priority: own === 0 ? text.length : own }));
}

function wayOf(
  router: SourceTable,
  services: ReadonlyMap<string, SourceTable>,
  what: string,
  { origin, losses }: PeerContext,
): Upstream {
  const name = router.text('service') ?? '';
  if (origin !== undefined) return { origin };
  const servers =
    services
      .get(name.replace(/@file$/, ''))
      ?.table('loadBalancer')
      ?.tables('servers') ?? [];
  const [first, ...more] = servers.map((server) => server.text('url'));
  if (first === undefined) {
    losses.add(
      router.line,
      what,
      `the service ${name} has no server in the file`,
      'origin left out, so that check asks for it',
    );
    return { origin: undefined };
  }
  if (more.length > 0)
    losses.add(router.line, what, 'several servers to balance between', `the first, ${first}`);
  return upstreamOf(first, { line: router.line, what, losses });
}
