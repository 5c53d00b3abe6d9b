import type { Access, Route, RouteParameter, Upstream } from '../../../src/core/policy.ts';
import { type CanonicalTarget, canonicalTarget } from '../../../src/routing/canonical-path.ts';
import { anAccess, anUpstream, aRoute } from '../../fixtures/policies.ts';

/** A request as workerd hands it over: `url` is scheme, raw `Host` and raw target put together. */
export function arriving(target: string, host = 'api.example') {
  return { url: `https://${host}${target}`, headers: new Headers({ host }) };
}

/** The target of a request that must be readable. */
export function targetOf(path: string, host?: string): CanonicalTarget {
  const target = canonicalTarget(arriving(path, host));
  if (!target.ok) throw new Error(`${path}: ${JSON.stringify(target.error)}`);
  return target.value;
}

/**
 * A route written as `[METHOD,...] [host]/path`: `GET,POST /orders/*`, `*.example.com/a`, `/`. Named as
 * written.
 */
export function route(
  written: string,
  changes: Partial<Pick<Access, 'authentication'> & Pick<Upstream, 'preflight'>> = {},
): Route {
  const { authentication = 'required', preflight = 'reject' } = changes;
  const [, methods, host = '', path = ''] = /^(?:([A-Z,]+) )?([^/ ]*)(\/\S*)$/.exec(written) ?? [];
  const prefix = path.endsWith('/*');
  return aRoute({
    name: written,
    match: {
      path: {
        kind: prefix ? 'prefix' : 'exact',
        value: prefix ? path.slice(0, -2) : path,
        ...(path.includes('/:') ? { parameters: parametersIn(path) } : {}),
      },
      methods: methods?.split(','),
      host:
        host === ''
          ? { kind: 'any' }
          : host.startsWith('*.')
            ? { kind: 'wildcard', value: host.slice(2) }
            : { kind: 'exact', value: host },
    },
    access: anAccess({ authentication }),
    upstream: anUpstream({ preflight }),
  });
}

const parametersIn = (path: string): readonly RouteParameter[] =>
  path
    .slice(1)
    .split('/')
    .flatMap((segment, index) => (segment.startsWith(':') ? [{ name: segment.slice(1), index }] : []));
