import type { KongPlugin } from './kong-policy.ts';
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
  readonly serviceName: string | undefined;
  readonly match: RequestSet;
  readonly unknown: readonly string[];
  /** The greater comes first; those of one rank nobody can tell apart. */
  readonly rank: string;
  readonly plugins: readonly KongPlugin[];
  readonly upstream: Upstream;
  readonly isServed: boolean;
}

/** Routes below services, and those that name theirs. */
export function readRoutes(config: SourceTable, context: PeerContext): readonly KongEntry[] {
  const services = config.tables('services');
  const named = new Map(services.map((service) => [service.text('name'), service]));
  const nested = services.flatMap((service) =>
    service.tables('routes').flatMap((route) => entriesOf(route, service, context)),
  );
  const loose = config.tables('routes').flatMap((route) => {
    const name = route.text('service');
    const service = named.get(name);
    if (service === undefined)
      context.losses.add(
        route.line,
        `route ${route.text('name')}`,
        'it has no service in the file',
        'not served',
      );
    return entriesOf(route, service, context);
  });
  return [...nested, ...loose];
}

function entriesOf(
  route: SourceTable,
  service: SourceTable | undefined,
  context: PeerContext,
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
  const priority = route.number('regex_priority') ?? 0;
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
  ];
  for (const key of known) route.node(key);
  for (const { key, line } of route.unknown())
    losses.add(line, `route ${label}: ${key}`, 'not known', 'left out');
  const plugins = [...(service?.tables('plugins') ?? []), ...route.tables('plugins')].map((table) => ({
    table,
    name: table.text('name') ?? '',
  }));
  const hostsAre = hosts === undefined ? EVERY_HOST : hostSet(hosts.map((host) => host.replace(/:\d+$/, '')));
  return (paths ?? [undefined]).map((path) => {
    const isRegex = path?.startsWith('~') === true;
    const set = path === undefined ? EVERY_PATH : pathsOf(path);
    const attributes = [hosts, methods, paths].filter((each) => each !== undefined).length + unknown.length;
    const isPlainHost = hosts !== undefined && !hosts.some((host) => host.includes('*'));
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
      serviceName,
      match: {
        hosts: hostsAre,
        paths: unknown.length === 0 ? set : { inner: [], outer: set.outer },
        methods: methods === undefined ? EVERY_METHOD : onlyMethods(methods),
      },
      unknown: [...unknown, ...(set.inner.length === 0 ? [`the path ${path}`] : [])],
      rank: [
        attributes,
        hosts === undefined ? 0 : 1,
        isPlainHost ? 1 : 0,
        isRegex ? 1 : 0,
        isRegex ? priority + 1000 : 0,
        path?.length ?? 0,
      ]
        .map((part) => String(part).padStart(5, '0'))
        .join(),
      plugins,
      upstream: upstream ?? { origin: undefined },
      isServed: service !== undefined && service.flag('enabled') !== false && isHttp && !isLost,
    };
  });
}

const pathsOf = (path: string): PathSet =>
  path.startsWith('~')
    ? pathsContaining(`^${path.slice(1).replace(/^\^/, '')}`)
    : path.startsWith('/')
      ? exactSet(beginningWith(path))
      : unknownPaths('');

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
