import { describe, expect, it } from 'vitest';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import fc from '../fixtures/draws.ts';
import { AUDIENCE, HOSTS, ISSUERS, PATHS } from '../fixtures/import/random.ts';
import { compiled, imported, opened, type Presented } from '../fixtures/imported.ts';

completeRuntime();

/** Judges of what the peers' documentation says, written apart from the importer; they read the same JSON. */

const METHODS = ['GET', 'HEAD', 'POST', 'DELETE'];

const token = fc.record({
  iss: fc.constantFrom(...ISSUERS),
  aud: fc.constantFrom(AUDIENCE, 'special'),
  sub: fc.constantFrom('alice', 'bob'),
  groups: fc.constantFrom(undefined, 'staff', 'guest', ['staff'], ['guest', 'staff'], ['stable'], []),
  scope: fc.constantFrom(undefined, 'read', 'read write'),
});
type Token = typeof token extends fc.Arbitrary<infer T> ? T : never;

const request = fc.record({
  method: fc.constantFrom(...METHODS),
  host: fc.constantFrom(...HOSTS),
  path: fc.constantFrom(...PATHS),
  special: fc.boolean(),
});
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

const presented = ({ iss, aud, sub, groups, scope }: Token): Presented => ({
  iss,
  aud,
  claims: { sub, ...(groups === undefined ? {} : { groups }), ...(scope === undefined ? {} : { scope }) },
});

const attempts = fc.array(fc.record({ request, token: fc.option(token, { nil: undefined, freq: 4 }) }), {
  minLength: 20,
  maxLength: 20,
});

// ---- Envoy

const envoyMatch = fc
  .record({
    path: fc.oneof(
      fc.constantFrom('/', '/a', '/a/', '/a/b', '/b').map((prefix) => ({ prefix })),
      fc.constantFrom('/a', '/a/b', '/c/', '/').map((path) => ({ path })),
      fc.constantFrom('/a', '/a/b').map((text) => ({ path_separated_prefix: text })),
      fc
        .constantFrom(
          '/a/[^/]+',
          '/a/[^/]+/c',
          '/a/.*',
          '/a.*',
          '/a/[0-9]+',
          '/(a|b)',
          '/a|/b/x',
          '/ab*',
          '/.*/c',
          '/a/.+',
        )
        .map((regex) => ({ safe_regex: { regex } })),
    ),
    headers: fc.option(
      fc.constantFrom(
        [{ name: ':method', string_match: { exact: 'GET' } }],
        [{ name: ':method', string_match: { exact: 'POST' } }],
        [{ name: ':authority', string_match: { exact: 'a.example' } }],
        [{ name: 'x-special', present_match: true }],
      ),
      { nil: undefined, freq: 2 },
    ),
  })
  .map(({ path, headers }) => ({ ...path, ...(headers === undefined ? {} : { headers }) }));

const leaf = fc.constantFrom<object>(
  { provider_name: 'one' },
  { provider_name: 'two' },
  { provider_and_audiences: { provider_name: 'one', audiences: ['special'] } },
  { allow_missing: {} },
  { allow_missing_or_failed: {} },
);
const requirement = fc.oneof(
  leaf,
  fc.array(leaf, { minLength: 1, maxLength: 3 }).map((requirements) => ({ requires_any: { requirements } })),
  fc.array(leaf, { minLength: 2, maxLength: 2 }).map((requirements) => ({ requires_all: { requirements } })),
);
/** What routes can say as it is. */
const plainMatch = fc.oneof(
  fc.constantFrom('/a', '/a/b', '/c/', '/').map((path) => ({ path })),
  fc.constantFrom('/a', '/a/b', '/b').map((text) => ({ path_separated_prefix: text })),
  fc.constantFrom('/a/[^/]+', '/a/[^/]+/c', '/a/.*').map((regex) => ({ safe_regex: { regex } })),
);
const ruleOf = (match: fc.Arbitrary<object>) =>
  fc
    .record({ match, requires: fc.option(requirement, { nil: undefined, freq: 3 }) })
    .map(({ match: matched, requires }) =>
      requires === undefined ? { match: matched } : { match: matched, requires },
    );
const envoyRules = fc.oneof(
  fc.array(ruleOf(envoyMatch), { minLength: 1, maxLength: 5 }),
  fc
    .record({
      some: fc.array(ruleOf(plainMatch), { minLength: 1, maxLength: 5 }),
      last: ruleOf(fc.constant({ prefix: '/' })),
    })
    .map(({ some, last }) => [...some, last]),
);

interface EnvoyRequirement {
  readonly provider_name?: string;
  readonly provider_and_audiences?: { readonly provider_name: string; readonly audiences: readonly string[] };
  readonly requires_any?: { readonly requirements: readonly EnvoyRequirement[] };
  readonly requires_all?: { readonly requirements: readonly EnvoyRequirement[] };
  readonly allow_missing?: object;
  readonly allow_missing_or_failed?: object;
}

const PROVIDERS: Readonly<Record<string, string>> = { one: ISSUERS[0], two: ISSUERS[1] };

function envoySatisfied(asked: EnvoyRequirement, one: Token | undefined): boolean {
  const by = (provider: string, audiences: readonly string[]) =>
    one !== undefined && one.iss === PROVIDERS[provider] && audiences.includes(one.aud);
  if (asked.provider_name !== undefined) return by(asked.provider_name, [AUDIENCE]);
  if (asked.provider_and_audiences !== undefined) {
    return by(asked.provider_and_audiences.provider_name, asked.provider_and_audiences.audiences);
  }
  if (asked.requires_any !== undefined)
    return asked.requires_any.requirements.some((each) => envoySatisfied(each, one));
  if (asked.requires_all !== undefined)
    return asked.requires_all.requirements.every((each) => envoySatisfied(each, one));
  if (asked.allow_missing !== undefined)
    return one === undefined || Object.keys(PROVIDERS).some((name) => by(name, [AUDIENCE]));
  return true;
}

function envoyMatches(
  match: Readonly<Record<string, unknown>>,
  { method, host, path, special }: Request,
): boolean {
  const {
    prefix,
    path: exact,
    path_separated_prefix: separated,
    safe_regex: regex,
    headers = [],
  } = match as {
    prefix?: string;
    path?: string;
    path_separated_prefix?: string;
    safe_regex?: { regex: string };
    headers?: readonly { name: string; string_match?: { exact: string } }[];
  };
  const byPath =
    (prefix !== undefined && path.startsWith(prefix)) ||
    exact === path ||
    (separated !== undefined && (path === separated || path.startsWith(`${separated}/`))) ||
    (regex !== undefined && new RegExp(`^(?:${regex.regex})$`).test(path));
  return (
    byPath &&
    headers.every(({ name, string_match: value }) =>
      name === ':method' ? value?.exact === method : name === ':authority' ? value?.exact === host : special,
    )
  );
}

describe('an import from Envoy', () => {
  it('lets through nothing that Envoy would not, and all of it where it tells of no loss', async () => {
    let let_through = 0;
    let whole = 0;
    await fc.assert(
      fc.asyncProperty(envoyRules, attempts, async (rules, tried) => {
        const provider = (issuer: string) => ({ issuer, audiences: [AUDIENCE] });
        const config = { providers: { one: provider(ISSUERS[0]), two: provider(ISSUERS[1]) }, rules };
        const { toml, losses } = imported('envoy', JSON.stringify(config), 'https://origin.example');
        const passes = await opened(compiled(toml));
        for (const { request: asked, token: own } of tried) {
          const rule = rules.find(({ match }) => envoyMatches(match as Record<string, unknown>, asked));
          const theirs = rule?.requires === undefined || envoySatisfied(rule.requires, own);
          const ours = await passes(
            {
              method: asked.method,
              url: `https://${asked.host}${asked.path}`,
              headers: asked.special ? { 'x-special': '1' } : {},
            },
            own && presented(own),
          );
          const told = `${JSON.stringify({ rules, asked, own })}\n${toml}`;
          if (ours === 'passes') expect(theirs, told).toBe(true);
          if (losses.length === 0 && ours !== 'ambiguous') {
            whole += 1;
            expect(ours, told).toBe(theirs ? 'passes' : 'refused');
          }
          let_through += Number(ours === 'passes');
        }
      }),
      { numRuns: 90, endOnFailure: true },
    );
    expect(let_through).toBeGreaterThan(100);
    expect(whole).toBeGreaterThan(100);
  }, 120_000);
});

// ---- Istio

const some = <T>(values: readonly T[]) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

const operation = fc.record(
  {
    methods: some(['GET', 'POST']),
    notMethods: some(['GET', 'DELETE']),
    paths: some(['/a', '/a/*', '/a*', '/b', '*/c', '/a/{*}/c', '/a/{**}', '*']),
    notPaths: some(['/a', '/a/b', '/a/b*', '*/c']),
    hosts: some(['a.example', '*.a.example', '*']),
    notHosts: some(['a.example']),
  },
  { requiredKeys: [] },
);
const principal = fc.constantFrom(
  '*',
  `${ISSUERS[0]}/*`,
  `${ISSUERS[1]}/*`,
  `${ISSUERS[0]}/alice`,
  'https://*',
  '*/bob',
  `${ISSUERS[1]}/al*`,
);
const source = fc.record(
  {
    requestPrincipals: fc.array(principal, { minLength: 1, maxLength: 2 }),
    notRequestPrincipals: fc.array(principal, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const value = some(['staff', 'guest', 'sta*', '*', 'read', 'write']);
const when = fc.oneof(
  fc.record({
    key: fc.constantFrom('request.auth.claims[groups]', 'request.auth.claims[scope]'),
    values: value,
  }),
  fc.record({
    key: fc.constantFrom('request.auth.claims[groups]', 'request.auth.claims[scope]'),
    notValues: value,
  }),
  fc.constant({ key: 'request.auth.audiences', values: ['special'] }),
  fc.constant({ key: 'request.headers[x-special]', values: ['1'] }),
);
const istioRule = fc.record(
  {
    from: fc.array(
      source.map((each) => ({ source: each })),
      { minLength: 1, maxLength: 2 },
    ),
    to: fc.array(
      operation.map((each) => ({ operation: each })),
      { minLength: 1, maxLength: 2 },
    ),
    when: fc.array(when, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const istioPolicies = fc.array(
  fc.record({
    action: fc.constantFrom('ALLOW', 'ALLOW', 'DENY'),
    rules: maybe(fc.array(istioRule, { minLength: 1, maxLength: 3 })),
  }),
  { minLength: 0, maxLength: 3 },
);

/** Exact, `text*`, `*text`, `*`. */
const text = (pattern: string, given: string): boolean =>
  pattern === '*'
    ? given !== ''
    : pattern.startsWith('*')
      ? given.endsWith(pattern.slice(1))
      : pattern.endsWith('*')
        ? given.startsWith(pattern.slice(0, -1))
        : pattern === given;
const istioPath = (pattern: string, path: string): boolean =>
  pattern.includes('{')
    ? new RegExp(`^${pattern.replace('{**}', '.*').replace('{*}', '[^/]+')}$`).test(path)
    : text(pattern, path);

interface IstioRule {
  readonly from?: readonly {
    readonly source: {
      readonly requestPrincipals?: readonly string[];
      readonly notRequestPrincipals?: readonly string[];
    };
  }[];
  readonly to?: readonly { readonly operation: Readonly<Record<string, readonly string[]>> }[];
  readonly when?: readonly {
    readonly key: string;
    readonly values?: readonly string[];
    readonly notValues?: readonly string[];
  }[];
}

function istioMatches(
  { from, to, when: conditions }: IstioRule,
  { method, host, path, special }: Request,
  one: Token | undefined,
): boolean {
  const named = one === undefined ? [] : [`${one.iss}/${one.sub}`];
  const is = (patterns: readonly string[] | undefined, given: readonly string[], by = text) =>
    patterns === undefined || given.some((each) => patterns.some((pattern) => by(pattern, each)));
  const isNot = (patterns: readonly string[] | undefined, given: readonly string[], by = text) =>
    patterns === undefined || !given.some((each) => patterns.some((pattern) => by(pattern, each)));
  const valuesOf = (key: string): readonly string[] => {
    if (key.includes('x-special')) return special ? ['1'] : [];
    if (one === undefined) return [];
    if (key === 'request.auth.audiences') return [one.aud];
    if (key.includes('scope')) return one.scope?.split(' ') ?? [];
    return one.groups === undefined ? [] : Array.isArray(one.groups) ? one.groups : [one.groups];
  };
  return (
    (from === undefined ||
      from.some(
        ({ source: { requestPrincipals, notRequestPrincipals } }) =>
          is(requestPrincipals, named) && isNot(notRequestPrincipals, named),
      )) &&
    (to === undefined ||
      to.some(
        ({ operation: each }) =>
          is(each.methods, [method]) &&
          isNot(each.notMethods, [method]) &&
          is(each.paths, [path], istioPath) &&
          isNot(each.notPaths, [path], istioPath) &&
          is(each.hosts, [host]) &&
          isNot(each.notHosts, [host]),
      )) &&
    (conditions === undefined ||
      conditions.every(
        ({ key, values, notValues }) => is(values, valuesOf(key)) && isNot(notValues, valuesOf(key)),
      ))
  );
}

describe('an import from Istio', () => {
  it('lets through nothing that Istio would not, and all of it where it tells of no loss', async () => {
    let through = 0;
    let whole = 0;
    await fc.assert(
      fc.asyncProperty(istioPolicies, attempts, async (policies, tried) => {
        const documents = [
          {
            kind: 'RequestAuthentication',
            spec: { jwtRules: ISSUERS.map((issuer) => ({ issuer, audiences: [AUDIENCE] })) },
          },
          ...policies.map(({ action, rules }, index) => ({
            kind: 'AuthorizationPolicy',
            metadata: { name: `p${index}` },
            spec: { action, ...(rules === undefined ? {} : { rules }) },
          })),
        ];
        const { toml, losses } = imported(
          'istio',
          documents.map((each) => JSON.stringify(each)).join('\n---\n'),
          'https://origin.example',
        );
        const passes = await opened(compiled(toml));
        for (const { request: asked, token: own } of tried) {
          const matching = (action: string) =>
            policies.some(
              (policy) =>
                policy.action === action &&
                (policy.rules ?? []).some((rule) => istioMatches(rule, asked, own)),
            );
          const isAuthentic = own === undefined || own.aud === AUDIENCE;
          const isAllowed = !policies.some(({ action }) => action === 'ALLOW') || matching('ALLOW');
          const theirs = isAuthentic && isAllowed && !matching('DENY');
          const ours = await passes(
            {
              method: asked.method,
              url: `https://${asked.host}${asked.path}`,
              headers: asked.special ? { 'x-special': '1' } : {},
            },
            own && presented(own),
          );
          const told = `${JSON.stringify({ policies, asked, own })}\n${toml}`;
          if (ours === 'passes') expect(theirs, told).toBe(true);
          if (losses.length === 0 && ours !== 'ambiguous') {
            whole += 1;
            expect(ours, told).toBe(theirs ? 'passes' : 'refused');
          }
          through += Number(ours === 'passes');
        }
      }),
      { numRuns: 90, endOnFailure: true },
    );
    expect(through).toBeGreaterThan(100);
    expect(whole).toBeGreaterThan(100);
  }, 120_000);
});
