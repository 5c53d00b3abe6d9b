import type { CorsOrigins, CorsPolicy, OriginWildcard } from '../core/answer-policy.ts';
import type { Route } from '../core/policy.ts';
import type { AllowedOrigin } from './allowed-origin.ts';
import { CORS_DEFAULTS } from './defaults.ts';
import type { Reading } from './place.ts';
import { type ConfigProblem, problem, quoted } from './problem.ts';
import type { RouteTable } from './schema.ts';

/** What a route's answers need to be read for in any case: why it was refused, and when to come again. */
const ALWAYS_EXPOSED = ['WWW-Authenticate', 'Retry-After'];

const RATE_FIELDS = ['RateLimit', 'RateLimit-Policy'];

/** Methods that a route without a list takes, as far as a page can send them. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Checks the `cors` table of a route. Mistakes are added to `problems`. */
export function compileCors(
  table: RouteTable,
  { path: route, faulty, problems }: Reading,
): CorsPolicy | undefined {
  const { cors } = table;
  if (cors === undefined) return undefined;
  const at = [...route, 'cors'];
  if (cors.origins === undefined && !faulty('cors', 'origins')) {
    problems.push(
      problem([...at, 'origins'], 'nothing', 'a list of origins, such as ["https://app.example.com"]'),
    );
  }
  const origins = cors.origins ?? [];
  const everybody = origins.includes('any');
  if (everybody && origins.length > 1) {
    problems.push(
      problem([...at, 'origins'], '"*" among others', '"*" alone, or the origins that are meant'),
    );
  }
  if (everybody && cors.credentials === true) {
    problems.push(
      problem(
        [...at, 'credentials'],
        'true beside origins = ["*"]',
        'the origins that may send cookies, by name',
      ),
    );
  }
  if (table.preflight !== undefined) {
    const allowed = 'no preflight: the gateway answers preflights itself where it answers CORS';
    problems.push(problem([...route, 'preflight'], 'preflight beside cors', allowed));
  }
  const taken = withHead(table.methods);
  const methods = withHead(cors.methods) ?? taken ?? METHODS;
  cors.methods?.forEach((method, index) => {
    if (taken === undefined || taken.includes(method)) return;
    problems.push(
      problem([...at, 'methods', index], quoted([method]), `methods of the route: ${quoted(taken)}`),
    );
  });
  return {
    origins: everybody ? 'any' : originsOf(origins),
    methods: new Set(methods),
    allowMethods: methods.join(', '),
    allowHeaders: (cors.headers ?? CORS_DEFAULTS.headers).join(', '),
    exposeHeaders: [
      ...new Set([
        ...(cors.expose_headers ?? []),
        ...ALWAYS_EXPOSED,
        ...(table.rate_limit === undefined ? [] : RATE_FIELDS),
      ]),
    ].join(', '),
    credentials: cors.credentials ?? CORS_DEFAULTS.credentials,
    maxAge: String((cors.max_age ?? CORS_DEFAULTS.maxAge) / 1_000),
  };
}

/** A route with GET takes HEAD as well. */
const withHead = (methods: readonly string[] | undefined): readonly string[] | undefined =>
  methods && [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))];

const originsOf = (origins: readonly AllowedOrigin[]): CorsOrigins => ({
  exact: new Set(origins.flatMap((each) => (each !== 'any' && 'exact' in each ? [each.exact] : []))),
  wildcards: origins.filter((each) => each !== 'any' && 'before' in each) as OriginWildcard[],
});

/** A preflight has one answer: of two routes of one path, the origin of one cannot be asked where the other answers. */
export function checkPreflights(
  routes: readonly { readonly variable: string; readonly route: Route }[],
  problems: ConfigProblem[],
): void {
  const answering = routes.filter(({ route }) => route.cors !== undefined);
  for (const { variable, route } of routes) {
    if (route.upstream.preflight !== 'origin' || !route.match.methods?.includes('OPTIONS')) continue;
    const other = answering.find((each) => placeOf(each.route) === placeOf(route));
    if (other === undefined) continue;
    const found = `"origin", while ${other.variable}.${other.route.name} has cors for the same path`;
    problems.push(
      problem([variable, route.name, 'preflight'], found, 'cors on neither or on both, without preflight'),
    );
  }
}

const placeOf = ({ match: { host, path } }: Route): string => JSON.stringify([host, path]);
