import { it } from 'vitest';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import fc from '../fixtures/draws.ts';
import { holdNeverLooser, ISSUERS, listed, type Request, type Token } from '../fixtures/import/random.ts';

completeRuntime();

/** After Traefik's pages on rules and priority, and on the claims of the JWT middleware of Traefik Hub. */
interface Matcher {
  readonly text: string;
  readonly fits: (asked: Request) => boolean;
}
const matchers: readonly Matcher[] = [
  ...['/a', '/a/b', '/a/', '/b'].flatMap((path): readonly Matcher[] => [
    { text: `Path(\`${path}\`)`, fits: (asked) => asked.path === path },
    { text: `PathPrefix(\`${path}\`)`, fits: (asked) => asked.path.startsWith(path) },
  ]),
  ...['^/a/[0-9]+$', '^/a/', '/c', 'b$', '^/a/[^/]+$'].map((regex) => ({
    text: `PathRegexp(\`${regex}\`)`,
    fits: ({ path }: Request) => new RegExp(regex).test(path),
  })),
  { text: 'PathPrefix(`/`)', fits: () => true },
  { text: 'Host(`a.example`)', fits: ({ host }) => host === 'a.example' },
  { text: 'Host(`*.a.example`)', fits: ({ host }) => /^[^.]+\.a\.example$/.test(host) },
  { text: 'HostRegexp(`^.+\\.example$`)', fits: () => true },
  { text: 'Method(`GET`)', fits: ({ method }) => method === 'GET' },
  { text: 'Header(`X-Special`, `1`)', fits: ({ special }) => special },
];
const rule: fc.Arbitrary<Matcher> = fc.letrec<{ rule: Matcher }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...matchers),
    fc.tuple(tie('rule'), tie('rule')).map(([a, b]) => ({
      text: `(${a.text} && ${b.text})`,
      fits: (asked: Request) => a.fits(asked) && b.fits(asked),
    })),
    fc.tuple(tie('rule'), tie('rule')).map(([a, b]) => ({
      text: `(${a.text} || ${b.text})`,
      fits: (asked: Request) => a.fits(asked) || b.fits(asked),
    })),
    tie('rule').map((a) => ({ text: `!${a.text}`, fits: (asked: Request) => !a.fits(asked) })),
  ),
})).rule;

interface Claims {
  readonly text: string;
  readonly holds: (one: Token) => boolean;
}
const words = (value: unknown) => (typeof value === 'string' ? value.split(' ') : []);
const claims: fc.Arbitrary<Claims> = fc.constantFrom<Claims>(
  { text: 'Equals(`groups`, `staff`)', holds: ({ groups }) => groups === 'staff' },
  { text: '!Equals(`email_verified`, `false`)', holds: (one) => String(one.email_verified) !== 'false' },
  {
    text: 'OneOf(`groups`, `staff`, `x`)',
    holds: ({ groups }) => Array.isArray(groups) && groups.some((each) => ['staff', 'x'].includes(each)),
  },
  {
    text: '!OneOf(`groups`, `staff`, `x`)',
    holds: ({ groups }) => !(Array.isArray(groups) && groups.some((each) => ['staff', 'x'].includes(each))),
  },
  {
    text: 'Contains(`groups`, `taf`)',
    holds: ({ groups }) =>
      typeof groups === 'string' ? groups.includes('taf') : listed(groups).includes('taf'),
  },
  { text: 'SplitContains(`scope`, ` `, `write`)', holds: ({ scope }) => words(scope).includes('write') },
  {
    text: 'Prefix(`email`, `ada@`) && !Equals(`groups`, `guest`)',
    holds: ({ email, groups }) => email?.startsWith('ada@') === true && groups !== 'guest',
  },
);
const router = fc.record({
  rule: fc.oneof(rule, fc.constantFrom(...matchers)),
  priority: fc.constantFrom(0, 0, 0, 5, 500),
  claims: fc.option(claims, { nil: undefined }),
});
const routers = fc.array(router, { minLength: 1, maxLength: 3 });
type Routers = typeof routers extends fc.Arbitrary<infer T> ? T : never;

const yaml = (all: Routers): string =>
  JSON.stringify({
    http: {
      routers: Object.fromEntries(
        all.map(({ rule: { text }, priority, claims: own }, index) => [
          `r${index}`,
          {
            rule: text,
            priority,
            service: 's',
            ...(own === undefined ? {} : { middlewares: [`m${index}`] }),
          },
        ]),
      ),
      middlewares: Object.fromEntries(
        all.flatMap(({ claims: own }, index) =>
          own === undefined
            ? []
            : [
                [
                  `m${index}`,
                  {
                    plugin: {
                      jwt: { trustedIssuers: ISSUERS.map((issuer) => ({ issuer })), claims: own.text },
                    },
                  },
                ],
              ],
        ),
      ),
      services: { s: { loadBalancer: { servers: [{ url: 'https://s.example' }] } } },
    },
  });

function judge(all: Routers, asked: Request, one: Token | undefined): boolean {
  const fits = all
    .filter((each) => each.rule.fits(asked))
    .map((each) => ({ each, priority: each.priority === 0 ? each.rule.text.length : each.priority }));
  const most = Math.max(...fits.map(({ priority }) => priority));
  const taken = fits.filter(({ priority }) => priority === most);
  return (
    taken.length > 0 &&
    taken.every(({ each }) => each.claims === undefined || (one !== undefined && each.claims.holds(one)))
  );
}

it('an import from Traefik lets through nothing that Traefik would not', async () => {
  await holdNeverLooser(routers, { peer: 'traefik', text: yaml, judge, runs: 30 });
}, 120_000);
