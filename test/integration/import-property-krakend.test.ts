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
 * After https://www.krakend.io/docs/authorization/jwt-validation/ and the router below it, which keeps the paths of each
 * method apart and at each segment prefers a name to a parameter, and a parameter to everything below.
 */
const validator = fc.record(
  {
    audience: fc.uniqueArray(fc.constantFrom(AUDIENCE, 'special'), { minLength: 1, maxLength: 2 }),
    roles: fc.uniqueArray(fc.constantFrom('staff', 'guest', 'x'), { maxLength: 2 }),
    scopes: fc.uniqueArray(fc.constantFrom('read', 'write'), { maxLength: 2 }),
    scopes_matcher: fc.constantFrom('any', 'all'),
  },
  { requiredKeys: ['audience'] },
);
const endpoint = fc.record({
  endpoint: fc.constantFrom(
    '/a',
    '/a/b',
    '/a/{x}',
    '/{x}/b',
    '/{x}/b/c',
    '/{x}/b/{y}',
    '/a/{x}/{y}',
    '/a/*',
    '/{x}',
    '/b/{x}',
  ),
  method: fc.constantFrom('GET', 'POST'),
  validator: fc.option(validator, { nil: undefined, freq: 2 }),
});
type Endpoint = typeof endpoint extends fc.Arbitrary<infer T> ? T : never;
const endpoints = fc.uniqueArray(endpoint, {
  minLength: 1,
  maxLength: 5,
  selector: ({ endpoint: path, method }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`,
});

const configuration = (all: readonly Endpoint[]): string =>
  JSON.stringify({
    version: 3,
    endpoints: all.map(({ endpoint: path, method, validator: own }) => ({
      endpoint: path,
      method,
      backend: [{ url_pattern: path }],
      ...(own === undefined
        ? {}
        : {
            extra_config: {
              'auth/validator': {
                alg: 'RS256',
                jwk_url: `${ISSUERS[0]}/jwks`,
                issuer: ISSUERS[0],
                roles_key: 'groups',
                scopes_key: 'scope',
                ...own,
              },
            },
          }),
    })),
  });

function found(all: readonly Endpoint[], { method, path }: Request): Endpoint | undefined {
  const parts = path.slice(1).split('/');
  const kinds = (each: string, part: string | undefined): number =>
    each === part ? 0 : each.startsWith('{') && part !== '' && part !== undefined ? 1 : each === '*' ? 2 : 3;
  const fits = all
    .filter((each) => each.method === method)
    .flatMap((each) => {
      const own = each.endpoint.slice(1).split('/');
      const rank = own.map((segment, index) => kinds(segment, parts[index]));
      const isWhole = own.at(-1) === '*' ? parts.length >= own.length : parts.length === own.length;
      return isWhole && !rank.includes(3) ? [{ each, key: rank.join('') }] : [];
    });
  return fits.toSorted((a, b) => (a.key < b.key ? -1 : 1))[0]?.each;
}

function judge(all: readonly Endpoint[], asked: Request, one: Token | undefined): boolean {
  const route = found(all, asked);
  if (route === undefined) return false;
  const own = route.validator;
  if (own === undefined) return true;
  if (one === undefined || one.iss !== ISSUERS[0]) return false;
  const words = (claim: unknown) => (typeof claim === 'string' ? claim.split(' ') : listed(claim));
  const has = (word: string) => words(one.scope).includes(word);
  return (
    own.audience.every((each) => listed(one.aud).includes(each)) &&
    (!own.roles?.length || own.roles.some((role) => words(one.groups).includes(role))) &&
    (!own.scopes?.length || (own.scopes_matcher === 'all' ? own.scopes.every(has) : own.scopes.some(has)))
  );
}

it('an import from KrakenD lets through nothing that KrakenD would not', async () => {
  await holdNeverLooser(endpoints, {
    peer: 'krakend',
    text: configuration,
    judge,
    runs: 30,
  });
}, 120_000);
