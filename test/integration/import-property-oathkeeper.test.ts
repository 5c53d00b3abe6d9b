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
 * After https://www.ory.sh/docs/oathkeeper/api-access-rules: the one rule that matches counts, several are an error, and a
 * slash at the end of a path is taken away first.
 */
const authenticator = fc.constantFrom<Authenticator>(
  { handler: 'noop' },
  { handler: 'anonymous' },
  { handler: 'unauthorized' },
  { handler: 'noop' },
  { handler: 'anonymous' },
  { handler: 'jwt', config: {} },
  { handler: 'jwt', config: {} },
  { handler: 'jwt', config: { required_scope: ['read'], scope_strategy: 'exact' } },
  { handler: 'jwt', config: { required_scope: ['read'], scope_strategy: 'none' } },
  { handler: 'jwt', config: { target_audience: [AUDIENCE, 'special'] } },
);
interface Authenticator {
  readonly handler: string;
  readonly config?: {
    readonly required_scope?: readonly string[];
    readonly scope_strategy?: string;
    readonly target_audience?: readonly string[];
  };
}
const EVERY = ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'];
const rule = fc.record({
  host: fc.constantFrom(
    'a.example',
    'a.example',
    'b.a.example',
    'other.example',
    '<.*>',
    '<other.example|a.example>',
    '<[a-z]+>.example',
  ),
  path: fc.constantFrom(
    '/a',
    '/a/<.*>',
    '/<.*>',
    '/a/<.*>',
    '/<.*>',
    '/a/b',
    '/a/<[^/]+>',
    '/a/<[0-9]+>',
    '/<a|b>',
    '/a<.*>',
    '/b/',
    '/<.*>/c',
  ),
  methods: fc.constantFrom(
    EVERY,
    EVERY,
    EVERY,
    ['get', 'POST', 'OPTIONS'],
    ['GET', 'HEAD', 'DELETE'],
    undefined,
  ),
  authenticators: fc.array(authenticator, { minLength: 1, maxLength: 3 }),
  authorizer: fc.constantFrom('allow', 'allow', 'allow', 'allow', 'allow', 'deny'),
  mutator: fc.constantFrom('noop', 'noop', 'noop', 'noop', 'noop', 'noop', 'hydrator', undefined),
});
const rules = fc.array(rule, { minLength: 1, maxLength: 2 });
type Rule = typeof rule extends fc.Arbitrary<infer T> ? T : never;

const json = (all: readonly Rule[]): string =>
  JSON.stringify(
    all.map(({ host, path, methods, authenticators, authorizer, mutator }, index) => ({
      id: `r${index}`,
      match: { url: `https://${host}${path}`, ...(methods === undefined ? {} : { methods }) },
      authenticators: authenticators.map(({ handler, config }) =>
        config === undefined
          ? { handler }
          : { handler, config: { trusted_issuers: [ISSUERS[0]], target_audience: [AUDIENCE], ...config } },
      ),
      authorizer: { handler: authorizer },
      mutators: mutator === undefined ? [] : [{ handler: mutator }],
    })),
  );

function matches({ host, path, methods }: Rule, asked: Request): boolean {
  const pattern = `https://${host}${path}`
    .split(/(<[^>]*>)/)
    .map((part) =>
      part.startsWith('<') ? `(${part.slice(1, -1)})` : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('');
  const clean = asked.path.length > 1 ? asked.path.replace(/\/$/, '') : asked.path;
  return (
    (methods ?? []).some((method) => method.toUpperCase() === asked.method) &&
    new RegExp(`^${pattern}$`).test(`https://${asked.host}${clean}`)
  );
}

function isJwt({ config }: Authenticator, one: Token): boolean {
  const scopes = Array.isArray(one.scope) ? one.scope : (one.scope?.split(' ') ?? []);
  return (
    one.iss === ISSUERS[0] &&
    (config?.target_audience ?? [AUDIENCE]).every((each) => listed(one.aud).includes(each)) &&
    (config?.scope_strategy !== 'none' || config.required_scope === undefined) &&
    (config?.required_scope ?? []).every((each) => scopes.includes(each))
  );
}

function judge(all: readonly Rule[], asked: Request, one: Token | undefined): boolean {
  const [only, ...more] = all.filter((each) => matches(each, asked));
  if (only === undefined || more.length > 0) return false;
  if (only.authorizer !== 'allow' || only.mutator !== 'noop') return false;
  for (const each of only.authenticators) {
    if (each.handler === 'noop') return true;
    if (each.handler === 'unauthorized') return false;
    if (each.handler === 'anonymous' && one === undefined) return true;
    if (each.handler === 'jwt' && one !== undefined) return isJwt(each, one);
  }
  return false;
}

it('an import from Oathkeeper lets through nothing that Oathkeeper would not', async () => {
  await holdNeverLooser(rules, { peer: 'oathkeeper', text: json, judge, runs: 30 });
}, 120_000);
