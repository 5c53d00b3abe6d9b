import { it } from 'vitest';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import fc from '../fixtures/draws.ts';
import {
  AUDIENCE,
  holdNeverLooser,
  ISSUERS,
  listed,
  type Request,
  type Token,
} from '../fixtures/import/random.ts';

completeRuntime();

/**
 * After https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html: the full match, then the
 * greedy variable, then `$default`. Where the page is silent, every route that may be meant has to let the request through.
 */
const ANY = 'x-amazon-apigateway-any-method';
const route = fc.record({
  path: fc.constantFrom(
    '/a',
    '/a/b',
    '/a/{x}',
    '/{x}/b',
    '/{x}',
    '/a/{proxy+}',
    '/{proxy+}',
    '/$default',
    '/a/b/{proxy+}',
  ),
  method: fc.constantFrom<string>('get', 'post', ANY, ANY),
  scopes: fc.constantFrom(undefined, [], ['read'], ['write', 'admin']),
});
type Route = typeof route extends fc.Arbitrary<infer T> ? T : never;
const routes = fc
  .uniqueArray(route, { minLength: 1, maxLength: 5, selector: ({ path, method }) => `${method} ${path}` })
  .map((all) => all.map((each) => (each.path === '/$default' ? { ...each, method: ANY } : each)));

const json = (all: readonly Route[]): string => {
  const paths: Record<string, Record<string, object>> = {};
  for (const { path, method, scopes } of all)
    paths[path] = { ...paths[path], [method]: scopes === undefined ? {} : { security: [{ jwt: scopes }] } };
  return JSON.stringify({
    openapi: '3.0.1',
    paths,
    components: {
      securitySchemes: {
        jwt: {
          type: 'oauth2',
          'x-amazon-apigateway-authorizer': {
            type: 'jwt',
            identitySource: '$request.header.Authorization',
            jwtConfiguration: { issuer: ISSUERS[0], audience: [AUDIENCE] },
          },
        },
      },
    },
  });
};

const kind = ({ path }: Route) => (path === '/$default' ? 2 : path.endsWith('+}') ? 1 : 0);
const isFitting = (each: Route, { method, path }: Request): boolean => {
  const pattern = each.path.replace(/\{proxy\+\}$/, '.+').replace(/\{x\}/g, '[^/]+');
  return (
    (each.method === ANY || each.method.toUpperCase() === method) &&
    (kind(each) === 2 || new RegExp(`^${pattern}$`).test(path))
  );
};

function judge(given: readonly Route[], asked: Request, one: Token | undefined): boolean {
  const all = [...new Map(given.map((each) => [`${each.method} ${each.path}`, each])).values()];
  const fitting = all.filter((each) => isFitting(each, asked));
  const own = fitting.filter(
    (each) =>
      each.method !== ANY || !fitting.some((other) => other.path === each.path && other.method !== ANY),
  );
  const best = Math.min(...own.map(kind));
  const taken = own.filter((each) => kind(each) === best);
  const [longest] = taken.map(({ path }) => path.length).sort((a, b) => b - a);
  const meant = best === 1 ? taken.filter(({ path }) => path.length === longest) : taken;
  return (
    meant.length > 0 &&
    (best === 0 ? meant.some((each) => isPassing(each, one)) : meant.every((each) => isPassing(each, one)))
  );
}

function isPassing({ scopes }: Route, one: Token | undefined): boolean {
  if (scopes === undefined) return true;
  if (one === undefined || one.iss !== ISSUERS[0] || !listed(one.aud).includes(AUDIENCE)) return false;
  const has = Array.isArray(one.scope) ? one.scope : (one.scope?.split(' ') ?? []);
  return scopes.length === 0 || scopes.some((scope) => has.includes(scope));
}

it('an import from AWS lets through nothing that AWS would not', async () => {
  await holdNeverLooser(routes, { peer: 'aws', text: json, judge, runs: 30 });
}, 120_000);
