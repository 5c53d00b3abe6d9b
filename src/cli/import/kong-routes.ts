import type { KongPlugin } from './kong-policy.ts';
import { type Rank, rankOf } from './kong-rank.ts';
import type { Upstream } from './model.ts';
import { pathsContaining } from './path-regex.ts';
import { beginningWith, EVERY_PATH, exactSet, type PathSet, unknownPaths } from './path-set.ts';
import type { PeerContext } from './peer.ts';
import { EVERY_HOST, EVERY_METHOD, hostSet, onlyMethods, type RequestSet } from './request-set.ts';
import type { SourceTable } from './source-node.ts';
import { upstreamOf } from './upstream-url.ts';

/** One path of a route, with everything that is bound where the route stands. */
export interface KongEntry {
  readonly label: string;
  readonly line: number;
  /** Names and ids by which plugins are bound to it. */
  readonly service: readonly string[];
  readonly route: readonly string[];
  readonly match: RequestSet;
  readonly unknown: readonly string[];
  readonly rank: Rank;
  /** Those that stand where the route, or its service, stands. */
  readonly plugins: readonly (KongPlugin & { readonly of: 'service' | 'route' })[];
  readonly upstream: Upstream;
  readonly isServed: boolean;
}

/** Routes below services, and those that name theirs. */
export function readRoutes(config: SourceTable, context: PeerContext): readonly KongEntry[] {
  const services = config.tables('services');
  const named = new Map(services.flatMap((service) => namesOf([service]).map((name) => [name, service])));
  const isOld = !/^[3-9]/.test(config.text('_format_version') ?? '') && config.flag('_transform') !== true;
  const nested = services.flatMap((service) =>
    service.tables('routes').flatMap((route) => entriesOf(route, service, { context, isOld })),
  );
  const loose = config.tables('routes').flatMap((route) => {
    const name = route.text('service');
    const service = name === undefined ? undefined : named.get(name);
    if (service === undefined)
      context.losses.add(
        route.line,
        `route ${route.text('name')}`,
        'it has no service in the file',
        'not served',
      );
    return entriesOf(route, service, { context, isOld });
  });
  return [...nested, ...loose];
}

/** By which other entities name them. */
export const namesOf = (entities: readonly SourceTable[]): readonly string[] =>
  entities.flatMap((entity) => [entity.text('name'), entity.text('id')].filter((name) => name !== undefined));

function entriesOf(
  route: SourceTable,
  service: SourceTable | undefined,
  { context, isOld }: { readonly context: PeerContext; readonly isOld: boolean },
): readonly KongEntry[] {
  const { losses } = context;
  const serviceName = service?.text('name');
  const label = route.text('name') ?? serviceName ?? 'route';
  const hosts = route.texts('hosts');
  const methods = route.texts('methods');
  const paths = route.texts('paths');
  const protocols = route.texts('protocols') ?? ['https'];
  const isHttp = protocols.some((protocol) => protocol.startsWith('http') || protocol.startsWith('grpc'));
  const strips = route.flag('strip_path') ?? true;
  const unknown = ['headers', 'snis', 'sources', 'destinations', 'expression'].filter((key) =>
    route.has(key),
  );
  const way = service === undefined ? { origin: undefined } : originOf(service, label, context);
  const known = [
    'tags',
    'preserve_host',
    'https_redirect_status_code',
    'path_handling',
    'request_buffering',
    'response_buffering',
    'id',
    'plugins',
    'service',
    'regex_priority',
  ];
  for (const key of known) route.node(key);
  const foreign = route.unknown();
  for (const { key, line } of foreign)
    losses.add(line, `route ${label}: ${key}`, 'not known', 'refused; what it matches as well');
  const isKnown = foreign.length === 0;
  const pluginsOf = (entity: SourceTable | undefined, of: 'service' | 'route') =>
    (entity?.tables('plugins') ?? []).map((table) => ({ table, of, name: table.text('name') ?? '' }));
  const plugins = [...pluginsOf(service, 'service'), ...pluginsOf(route, 'route')];
  const hostsAre = hosts === undefined ? EVERY_HOST : hostSet(hosts.map((host) => host.replace(/:443$/, '')));
  return (paths ?? [undefined]).map((path) => {
    const isRegex = path?.startsWith('~') === true;
    const set = path === undefined ? EVERY_PATH : isOld ? oldPaths(path) : pathsOf(path);
    const upstream = strips && path !== undefined ? stripped(way, path, isRegex) : way;
    const isLost = upstream === undefined;
    if (isLost)
      losses.add(
        route.line,
        `route ${label}`,
        'strip_path of a regular expression',
        'refused; what it matches as well',
      );
    return {
      label,
      line: route.line,
      service: service === undefined ? [] : namesOf([service]),
      route: namesOf([route]),
      match: {
        hosts: hostsAre,
        paths: unknown.length === 0 ? set : { inner: [], outer: set.outer },
        methods: methods === undefined ? EVERY_METHOD : onlyMethods(methods),
      },
      unknown: [...unknown, ...(set.inner.length === 0 ? [`the path ${path}`] : [])],
      rank: rankOf(route, path),
      plugins,
      upstream: upstream ?? { origin: undefined },
      isServed: service !== undefined && service.flag('enabled') !== false && isHttp && !isLost && isKnown,
    };
  });
}

const pathsOf = (path: string): PathSet =>
  path.startsWith('~')
    ? pathsContaining(`^${path.slice(1).replace(/^\^/, '')}`)
    : path.startsWith('/')
      ? exactSet(beginningWith(path))
      : unknownPaths('');

/** Before 3.0 a path with anything else than plain letters is an expression, without a sign of it. */
const oldPaths = (path: string): PathSet =>
  /^[\w./~%-]*$/.test(path) && !path.startsWith('~') ? pathsOf(path) : unknownPaths('');

/** The matched text goes; undefined: what goes cannot be told beforehand. */
function stripped(way: Upstream, path: string, isRegex: boolean): Upstream | undefined {
  if (isRegex) return undefined;
  const prefix = path.replace(/\/+$/, '');
  return prefix === '' ? way : { ...way, stripPrefix: prefix };
}

function originOf(service: SourceTable, label: string, { origin, losses }: PeerContext): Upstream {
  for (const key of [
    'retries',
    'connect_timeout',
    'write_timeout',
    'read_timeout',
    'tags',
    'id',
    'enabled',
    'plugins',
    'tls_verify',
    'ca_certificates',
    'client_certificate',
    'tls_verify_depth',
  ])
    service.node(key);
  for (const { key, line } of service
    .unknown()
    .filter((each) => !['routes', 'url', 'host', 'port', 'protocol', 'path', 'name'].includes(each.key))) {
    losses.add(line, `service of ${label}: ${key}`, 'not known', 'left out');
  }
  const url = service.text('url');
  const protocol = service.text('protocol') ?? 'http';
  const port = service.number('port') ?? 80;
  const address =
    url ??
    `${protocol}://${service.text('host') ?? ''}${port === 80 || port === 443 ? '' : `:${port}`}${service.text('path') ?? ''}`;
  return origin === undefined
    ? upstreamOf(address, { line: service.line, what: `service of ${label}`, losses })
    : { origin };
}
