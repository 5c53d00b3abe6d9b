import { patternOf } from './krakend-path.ts';
import type { Upstream } from './model.ts';
import { type PathPattern, writtenPath } from './path-set.ts';
import type { PeerContext } from './peer.ts';
import type { SourceTable } from './source-node.ts';
import { upstreamOf } from './upstream-url.ts';

/** What a backend may have that neither refuses a request nor answers it itself. */
const PASSING =
  /^(?:qos\/|telemetry\/|documentation\/|backend\/http(?:\/client)?$|auth\/client-credentials$|modifier\/martian$|proxy$|github\.com\/devopsfaith\/krakend-(?:ratelimit|circuitbreaker|httpcache|martian))/;

/** The one backend; undefined: there are several, or its path cannot be said. */
export function backendOf(
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
  ]) {
    if (backend.has(key) && key !== 'encoding' && key !== 'sd')
      losses.add(backend.lineOf(key), `backend: ${key}`, 'answers are not changed', 'left out');
  }
  const extra = backend.table('extra_config')?.members() ?? [];
  for (const [key, node] of extra)
    losses.add(
      node.line,
      `backend: ${key}`,
      PASSING.test(key) ? 'not carried over' : 'it may refuse requests, or answer them itself',
      PASSING.test(key) ? 'left out' : 'refused',
    );
  if (extra.some(([key]) => !PASSING.test(key))) return undefined;
  if (methodOf(backend, methodOf(endpoint, 'GET')) !== methodOf(endpoint, 'GET')) {
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
  return { ...way, rewrite: { of: writtenPath(pattern), to: rewrittenText(asked, pattern, names) } };
}

const methodOf = (table: SourceTable, unsaid: string): string =>
  (table.text('method') ?? unsaid).toUpperCase();

const namesOf = (path: string): readonly string[] =>
  [...path.matchAll(/\{([\w-]+)\}/g)].map(([, each = '']) => each);

/** The parameters of the backend by the names that the route gives them. */
function rewrittenText(asked: string, pattern: PathPattern, names: readonly string[]): string {
  const given = writtenPath(pattern)
    .split('/')
    .filter((part) => part.startsWith(':'));
  return asked.replace(/\{([\w-]+)\}/g, (_, each: string) => given[names.indexOf(each)] ?? '');
}
