import { it } from 'vitest';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import fc from '../fixtures/draws.ts';
import { KEY } from '../fixtures/import/kong.ts';
import { holdNeverLooser, ISSUERS, type Request, type Token } from '../fixtures/import/random.ts';

completeRuntime();

/**
 * After https://developer.konghq.com/gateway/routing/traditional/, /gateway/entities/plugin/ and /plugins/acl/. Both of
 * Kong's routers for such routes have to let a request through, whichever of several equal routes they take.
 */
const plugin = fc.constantFrom<Plugin>(
  { name: 'jwt' },
  { name: 'jwt' },
  { name: 'cors' },
  { name: 'cors' },
  { name: 'jwt', enabled: false },
  { name: 'acl', config: { allow: ['staff'] } },
  { name: 'acl', config: { deny: ['staff'] } },
  { name: 'request-termination' },
);
const plugins = fc.uniqueArray(plugin, { maxLength: 2, selector: ({ name }) => name });
interface Plugin {
  readonly name: string;
  readonly enabled?: boolean;
  readonly config?: { readonly allow?: readonly string[]; readonly deny?: readonly string[] };
}

const route = fc.record(
  {
    hosts: fc.constantFrom(['a.example'], ['*.a.example', 'other.example'], ['other.example', 'a.example']),
    paths: fc.uniqueArray(
      fc.constantFrom('/', '/', '/', '/a', '/a/', '/a/b', '/ab', '~/a/[0-9]+$', '~/a/[^/]+', '~/b$'),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
    methods: fc.constantFrom<readonly string[]>(
      ['GET', 'POST'],
      ['POST', 'HEAD'],
      ['GET', 'OPTIONS', 'DELETE'],
    ),
    headers: fc.constant({ 'x-special': ['1'] }),
    regex_priority: fc.constantFrom(0, 5),
    plugins,
  },
  { requiredKeys: ['paths', 'plugins'] },
);
type Route = typeof route extends fc.Arbitrary<infer T> ? T : never;
/** Of which one is surely before the other. */
const plainRoute: fc.Arbitrary<Route> = fc.record({
  paths: fc.constantFrom<Route['paths'][number]>('/', '/a/', '/ab').map((path) => [path]),
  plugins: fc.constantFrom<Route['plugins']>([], [{ name: 'jwt' }], [{ name: 'jwt', enabled: false }]),
});
const configuration = fc.record({
  routes: fc.oneof(
    fc.array(route, { minLength: 1, maxLength: 4 }),
    fc.array(plainRoute, { minLength: 1, maxLength: 2 }),
  ),
  ofService: fc.oneof(fc.constant([]), plugins),
  everywhere: fc.oneof(fc.constant([]), fc.uniqueArray(plugin, { maxLength: 1 })),
});
type Configuration = typeof configuration extends fc.Arbitrary<infer T> ? T : never;

const GROUPS = { [ISSUERS[0]]: 'staff', [ISSUERS[1]]: 'guests' };
const yaml = ({ routes, ofService, everywhere }: Configuration): string =>
  JSON.stringify({
    _format_version: '3.0',
    plugins: everywhere,
    consumers: ISSUERS.map((key) => ({
      username: GROUPS[key],
      acls: [{ group: GROUPS[key] }],
      jwt_secrets: [{ key, algorithm: 'RS256', rsa_public_key: KEY }],
    })),
    services: [
      {
        name: 'shop',
        url: 'https://shop.example',
        plugins: ofService,
        routes: routes.map((each, index) => ({ ...each, name: `r${index}`, strip_path: false })),
      },
    ],
  });

const hostFits = (pattern: string, host: string) =>
  pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : pattern === host;
const pathFits = (pattern: string, path: string) =>
  pattern.startsWith('~') ? new RegExp(`^${pattern.slice(1)}`).test(path) : path.startsWith(pattern);

/** The routes that may be taken: those that nothing comes before. */
function taken(routes: readonly Route[], asked: Request, byPath: boolean): readonly Route[] {
  const ranked = routes.flatMap((each) => {
    const { hosts, methods, headers } = each;
    const fits =
      (hosts === undefined || hosts.some((host) => hostFits(host, asked.host))) &&
      (methods === undefined || methods.includes(asked.method)) &&
      (headers === undefined || asked.special);
    if (!fits) return [];
    const weight = [hosts, methods, headers, each.paths].filter((kind) => kind !== undefined).length;
    const isPlain = Number(hosts !== undefined && !hosts.some((host) => host.includes('*')));
    const kinds = (hosts ? 0x40 : 0) + (headers ? 0x20 : 0) + 0x10 + (methods ? 0x08 : 0);
    const longest = Math.max(...each.paths.map((path) => path.length));
    return each.paths
      .filter((path) => pathFits(path, asked.path))
      .map((path) => {
        const isRegex = path.startsWith('~');
        const priority = isRegex ? (each.regex_priority ?? 0) : 0;
        const count = headers === undefined ? 0 : 1;
        const rank = byPath
          ? [weight, isPlain, count, Number(isRegex), priority, isRegex ? 0 : path.length]
          : [weight, kinds, isPlain, Number(isRegex), count, priority, longest];
        return { each, key: rank.map((part) => String(part).padStart(4, '0')).join() };
      });
  });
  const best = ranked
    .map(({ key }) => key)
    .sort()
    .at(-1);
  return ranked.filter(({ key }) => key === best).map(({ each }) => each);
}

function passes(config: Configuration, { plugins: own }: Route, one: Token | undefined): boolean {
  const layers = [...config.everywhere, ...config.ofService, ...own].filter(
    ({ enabled }) => enabled !== false,
  );
  const active = [...new Map(layers.map((each) => [each.name, each])).values()];
  const group = one && active.some(({ name }) => name === 'jwt') ? GROUPS[one.iss] : undefined;
  return active.every(({ name, config: asked }) => {
    if (name === 'jwt') return one !== undefined;
    if (name === 'acl')
      return group !== undefined && (asked?.allow?.includes(group) ?? !asked?.deny?.includes(group));
    return name !== 'request-termination';
  });
}

it('an import from Kong lets through nothing that Kong would not', async () => {
  await holdNeverLooser(configuration, {
    peer: 'kong',
    text: yaml,
    judge: (config, asked, one) =>
      [true, false].every((byPath) => {
        const routes = taken(config.routes, asked, byPath);
        return routes.length > 0 && routes.every((each) => passes(config, each, one));
      }),
    runs: 30,
  });
}, 120_000);
