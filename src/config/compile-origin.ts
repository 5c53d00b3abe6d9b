import type { PathMapping } from '../core/origin-policy.ts';
import type { OriginTarget, RoutePath, Upstream } from '../core/policy.ts';
import { compilePathMapping } from './compile-path-mapping.ts';
import { resemblesSecret } from './fields.ts';
import type { Reading } from './place.ts';
import { checkPlainHttp } from './plain-http.ts';
import { didYouMean, type PathSegment, problem, problemAt } from './problem.ts';
import type { RequestRules } from './request-rules.ts';
import { ORIGIN, type RouteTable } from './schema.ts';
import { isFetcher } from './service-binding.ts';
import type { Bindings } from './variables.ts';

interface Around {
  readonly bindings: Bindings;
  readonly rules: RequestRules;
}

/** Where the requests of a route go: the origin, what it is asked as, and the path there. */
export function compileOrigin(
  table: RouteTable,
  path: RoutePath | undefined,
  { bindings, rules }: Around,
  reading: Reading,
): Pick<Upstream, 'origin' | 'path'> | undefined {
  const origin = compileTarget(table, bindings, reading);
  const base = table.origin?.kind === 'url' ? table.origin.base : '';
  const mapping: PathMapping | undefined = compilePathMapping({ table, base, path }, rules, reading);
  return origin === undefined ? undefined : { origin, path: mapping };
}

function compileTarget(table: RouteTable, bindings: Bindings, reading: Reading): OriginTarget | undefined {
  const { path: route, faulty, problems } = reading;
  const at = [...route, 'origin'];
  const { origin, mtls, origin_host: host } = table;
  const url = origin?.kind === 'url' ? new URL(origin.origin) : undefined;
  checkPlainHttp(table.allow_http, url ? [{ key: 'origin', url, allowed: ORIGIN }] : [], reading);
  if (origin === undefined) {
    if (!faulty('origin')) {
      problems.push(
        problem(at, 'nothing', '"https://host[:port]", perhaps with a path, or "service:BINDING"'),
      );
    }
    return undefined;
  }
  const checkBinding = (place: readonly PathSegment[], found: string, binding: string, allowed: string) => {
    if (isFetcher(bindings, binding)) return;
    if (resemblesSecret(binding)) {
      problems.push(problem(place, 'what looks like a secret itself', allowed));
      return;
    }
    const known = Object.keys(bindings).filter((key) => isFetcher(bindings, key));
    problems.push(problemAt(place, found, allowed, didYouMean(binding, known)));
  };
  if (origin.kind === 'service') {
    checkBinding(at, `service:${origin.binding}`, origin.binding, 'a service binding of this Worker');
    if (mtls !== undefined) {
      const found = 'mtls beside a service binding';
      problems.push(problem([...route, 'mtls'], found, 'mtls beside an https origin'));
    }
    return { kind: 'service', binding: origin.binding, host };
  }
  if (mtls !== undefined) {
    checkBinding([...route, 'mtls'], mtls, mtls, 'an mtls_certificates binding of this Worker');
  }
  if (host !== undefined) {
    const found = 'origin_host beside an origin that is a URL';
    const hint = "the runtime writes Host from the URL; the client's is in X-Forwarded-Host";
    problems.push(problem([...route, 'origin_host'], found, 'origin_host beside "service:BINDING"', hint));
  }
  return { kind: 'url', origin: origin.origin, mtls };
}
