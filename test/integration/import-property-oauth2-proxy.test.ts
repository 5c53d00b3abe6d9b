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

/** After https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview, and what the program does with each option. */
const configuration = fc.record({
  skip_auth_routes: fc.uniqueArray(
    fc.constantFrom(
      '^/a/',
      '^/a$',
      'GET=^/a/b$',
      'get=^/b',
      'POST!=^/b$',
      '!=^/a/',
      'GET!=/c',
      '/c/',
      '^/[ab]$',
      'a|b',
      '^/a/(b|c)',
      'DELETE=',
    ),
    { maxLength: 3 },
  ),
  skip_auth_preflight: fc.boolean(),
  email_domains: fc.constantFrom(
    ['*'],
    ['acme.example'],
    ['.acme.example'],
    ['ACME.example', '*.acme.example'],
    ['@acme.example'],
  ),
  allowed_groups: fc.constantFrom<readonly string[]>([], ['staff'], ['staff', 'x']),
  oidc_groups_claim: fc.constantFrom('groups', 'scope'),
  insecure_oidc_allow_unverified_email: fc.boolean(),
  skip_jwt_bearer_tokens: fc.constantFrom(true, true, true, false),
  extra_jwt_issuers: fc.constantFrom([], [`${ISSUERS[1]}=special`]),
  upstreams: fc.constantFrom(
    ['https://o.example'],
    ['https://o.example/a/', 'https://o.example/b'],
    ['https://o.example/', 'https://o.example/a/b', 'file:///srv'],
  ),
});
type Configuration = typeof configuration extends fc.Arbitrary<infer T> ? T : never;

const toml = (config: Configuration): string =>
  [
    ...Object.entries({ provider: 'oidc', oidc_issuer_url: ISSUERS[0], client_id: AUDIENCE, ...config }).map(
      ([key, value]) => `${key} = ${JSON.stringify(value)}`,
    ),
  ].join('\n');

function isOpen({ skip_auth_routes: routes, skip_auth_preflight: preflight }: Configuration, asked: Request) {
  if (preflight && asked.method === 'OPTIONS') return true;
  return routes.some((text) => {
    const at = text.search(/!?=/);
    const method = at < 0 ? '' : text.slice(0, at).toUpperCase();
    const isNot = text.includes('!=');
    const pattern = at < 0 ? text : text.slice(at + (isNot ? 2 : 1));
    const isFound = new RegExp(pattern).test(asked.path);
    return (method === '' || method === asked.method) && isFound !== isNot;
  });
}

const isServed = ({ upstreams }: Configuration, { path }: Request): boolean => {
  const found = upstreams
    .map((text) => ({ text, at: text.startsWith('file') ? '/srv' : new URL(text).pathname }))
    .filter(({ at }) => (at.endsWith('/') ? path.startsWith(at) : path === at))
    .toSorted((a, b) => b.at.length - a.at.length)[0];
  return found !== undefined && !found.text.startsWith('file');
};

function isKnown(config: Configuration, one: Token | undefined): boolean {
  if (one === undefined || !config.skip_jwt_bearer_tokens) return false;
  const isOwn = one.iss === ISSUERS[0];
  const audience = isOwn ? AUDIENCE : 'special';
  if (!isOwn && config.extra_jwt_issuers.length === 0) return false;
  if (!listed(one.aud).includes(audience)) return false;
  const unverified = one.email_verified === false || one.email_verified === 'false';
  if (unverified && !(isOwn && config.insecure_oidc_allow_unverified_email)) return false;
  const groups = isOwn && config.oidc_groups_claim === 'scope' ? one.scope : one.groups;
  if (
    config.allowed_groups.length > 0 &&
    !listed(groups).some((each) => config.allowed_groups.includes(each))
  )
    return false;
  const { email = '' } = one;
  return config.email_domains.some((given) => {
    const domain = given.toLowerCase();
    if (domain === '*' || email === '') return true;
    const [, host = '', ...more] = email.split('@');
    if (more.length > 0) return false;
    const isBelow = /^\*?\./.test(domain) && host.endsWith(domain.replace(/^\*/, ''));
    return email.endsWith(`@${domain}`) || isBelow;
  });
}

it('an import from oauth2-proxy lets through nothing that oauth2-proxy would not', async () => {
  await holdNeverLooser(configuration, {
    peer: 'oauth2-proxy',
    text: toml,
    judge: (config, asked, one) => isServed(config, asked) && (isOpen(config, asked) || isKnown(config, one)),
    runs: 30,
  });
}, 120_000);
