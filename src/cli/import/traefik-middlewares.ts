import { type Access, both, OPEN, REFUSED } from './access.ts';
import type { IssuerTables } from './issuer-table.ts';
import type { Outcome } from './model.ts';
import type { PeerContext } from './peer.ts';
import { type SourceNode, SourceTable } from './source-node.ts';
import { jwtAccess } from './traefik-jwt.ts';

/** Middlewares that let through whatever comes, or limit how much. All others may refuse. */
const PASSING: ReadonlySet<string> = new Set([
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

export interface Middleware {
  readonly access: Access;
  readonly stripPrefix?: string;
  readonly redirectsToHttps?: boolean;
  readonly extra: Pick<Outcome, 'sources' | 'headers'>;
}

export const readMiddlewares = (
  tables: ReadonlyMap<string, SourceTable>,
  issuers: IssuerTables,
  context: PeerContext,
): ReadonlyMap<string, Middleware> =>
  new Map([...tables].map(([name, table]) => [name, readMiddleware(name, table, issuers, context)]));

function readMiddleware(
  name: string,
  table: SourceTable,
  issuers: IssuerTables,
  context: PeerContext,
): Middleware {
  const parts = table
    .members()
    .flatMap(([kind, node]) =>
      kind === 'plugin' ? new SourceTable(node, kind).members() : [[kind, node] as const],
    );
  const read = parts.map(([kind, node]) => ofKind(kind, node, name, { issuers, context }));
  const stripPrefix = read.find((each) => each.stripPrefix !== undefined)?.stripPrefix;
  return {
    access: both([OPEN, ...read.map(({ access }) => access)]),
    ...(stripPrefix === undefined ? {} : { stripPrefix }),
    redirectsToHttps: read.some((each) => each.redirectsToHttps === true),
    extra: Object.assign({}, ...read.map(({ extra }) => extra)),
  };
}

function ofKind(
  kind: string,
  node: SourceNode,
  name: string,
  { issuers, context }: { readonly issuers: IssuerTables; readonly context: PeerContext },
): Middleware {
  const { losses } = context;
  const refuse = (why: string): Middleware => {
    losses.add(node.line, `middleware ${name}: ${kind}`, why, 'refused where it is used');
    return { access: REFUSED, extra: {} };
  };
  if (/jwt/i.test(kind)) {
    const { access, ...extra } = jwtAccess(new SourceTable(node, kind), name, issuers, context);
    return { access, extra };
  }
  if (kind === 'stripPrefix') {
    const [prefix, ...more] = new SourceTable(node, kind).texts('prefixes') ?? [];
    return prefix !== undefined && more.length === 0
      ? { access: OPEN, stripPrefix: prefix.replace(/\/+$/, ''), extra: {} }
      : refuse('a route strips one prefix');
  }
  if (kind === 'headers' && new SourceTable(node, kind).has('allowedHosts'))
    return refuse('allowedHosts refuses requests to others');
  if (kind === 'forwardAuth')
    return refuse('another service decides there, and no token is verified by Traefik');
  if (REWRITING.has(kind)) return refuse('it changes the path');
  if (!PASSING.has(kind)) return refuse('it may refuse requests, and is not carried over');
  losses.add(
    node.line,
    `middleware ${name}: ${kind}`,
    'not carried over',
    'left out; who may pass does not hang on it',
  );
  const redirectsToHttps =
    kind === 'redirectScheme' && new SourceTable(node, kind).text('scheme') === 'https';
  return { access: OPEN, redirectsToHttps, extra: {} };
}
