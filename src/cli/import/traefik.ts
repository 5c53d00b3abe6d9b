import { both, OPEN, REFUSED } from './access.ts';
import { firstMatch, type Rule, refusing, tellOfSet } from './first-match.ts';
import { IssuerTables } from './issuer-table.ts';
import type { Outcome, Upstream } from './model.ts';
import type { Peer, PeerContext } from './peer.ts';
import { SourceFault, SourceTable } from './source-node.ts';
import { type Middleware, readMiddlewares } from './traefik-middlewares.ts';
import { readRule } from './traefik-rule.ts';
import { upstreamOf } from './upstream-url.ts';

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
    const whole = documents.map((document) => new SourceTable(document, 'the configuration'));
    const http = whole.flatMap((table) => table.table('http') ?? []);
    const tables = (key: string): ReadonlyMap<string, SourceTable> => {
      const found = new Map<string, SourceTable>();
      for (const [name, node] of http.flatMap((table) => table.table(key)?.members() ?? [])) {
        if (found.has(name)) throw new SourceFault(node.line, `${name} is there twice`);
        found.set(name, new SourceTable(node, name));
      }
      return found;
    };
    const issuers = new IssuerTables(context);
    const around = {
      middlewares: readMiddlewares(tables('middlewares'), issuers, context),
      services: tables('services'),
      context,
    };
    const routers = [...tables('routers')].filter(([label, router]) => isServing(label, router, around));
    oneEntryPoint(routers.map(([, router]) => router));
    const rules = routers.flatMap(([label, router]) => routerRules(label, router, around));
    for (const { key, line } of http.flatMap((table) => table.unknown()))
      context.losses.add(line, `http.${key}`, 'not known', 'left out');
    const isClosed = whole.map((table) => asksForCertificates(table, context)).includes(true);
    for (const { key, line } of whole.flatMap((table) => table.unknown()))
      context.losses.add(line, key, 'not about HTTP', 'left out');
    const groups = [
      ...Map.groupBy(
        rules.toSorted((a, b) => b.priority - a.priority),
        ({ priority }) => priority,
      ).values(),
    ];
    return {
      issuers: issuers.all,
      sets: rules.map(({ rule }) => rule.match),
      decide: refusing(isClosed, firstMatch(groups.map((group) => group.map(({ rule }) => rule)))),
    };
  },
};

/** Options of TLS that every router has which names none. */
function asksForCertificates(table: SourceTable, { losses }: PeerContext): boolean {
  const options = table.table('tls')?.table('options')?.table('default');
  if (options?.has('clientAuth') !== true) return false;
  losses.add(
    options.lineOf('clientAuth'),
    'tls.options.default.clientAuth',
    'who may connect is not carried over',
    'everything is refused: take it out of the file where something in front asks for it',
  );
  return true;
}

/** A router of plain HTTP that sends every request to HTTPS serves none. */
function isServing(label: string, router: SourceTable, { middlewares, context }: Surroundings): boolean {
  const redirects = (router.texts('middlewares') ?? []).some(
    (name) => middlewares.get(ownName(name))?.redirectsToHttps === true,
  );
  const isPlain = router.has('entryPoints') && !router.has('tls');
  if (redirects && isPlain)
    context.losses.add(
      router.line,
      `router ${label}`,
      'it sends plain HTTP to HTTPS, and serves nothing',
      'left out',
    );
  return !(redirects && isPlain);
}

/** Routers of one entry point do not answer at another: joined, an inner one would open what the outer one guards. */
function oneEntryPoint(routers: readonly SourceTable[]): void {
  const named = routers.filter((router) => router.has('entryPoints'));
  const [first, ...others] = named.map((router) => router.texts('entryPoints') ?? []);
  const common = first?.filter((name) => others.every((names) => names.includes(name)));
  if (common?.length === 0)
    throw new SourceFault(
      named.at(-1)?.lineOf('entryPoints') ?? 1,
      'a second entry point: import the routers of one entry point at a time',
    );
}

interface Surroundings {
  readonly middlewares: ReadonlyMap<string, Middleware>;
  readonly services: ReadonlyMap<string, SourceTable>;
  readonly context: PeerContext;
}

const ownName = (name: string): string => name.replace(/@file$/, '');

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
    const found = middlewares.get(ownName(name));
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
  const servers = services.get(ownName(name))?.table('loadBalancer')?.tables('servers') ?? [];
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
