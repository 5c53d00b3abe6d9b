import type { Policy, Route, TokenProfile } from '../../core/policy.ts';
import { opennessOf } from './compare-reach.ts';
import { profilesOf } from './compare-tokens.ts';

/** What a reviewer would ask about one route or issuer. */
export interface Concern {
  /** `rule.route` or `rule.issuer`: what silences it. */
  readonly name: string;
  readonly what: string;
  readonly why: string;
  /** A section of an RFC, or a page of docs/. */
  readonly reference: string;
}

interface Rule<T> {
  readonly why: string;
  readonly reference: string;
  /** What to say; undefined: there is nothing to ask. */
  readonly ask: (subject: T, policy: Policy) => string | undefined;
}

const LONG_STALENESS_SECONDS = 60;
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const LOCAL = /^https?:\/\/(?:localhost|127\.|\[::1\])/;

const cookies = ({ access }: Route) => access.sources.filter((source) => source.kind === 'cookie');
const takesUnsafe = ({ match: { methods } }: Route) =>
  methods === undefined || methods.some((method) => !SAFE.has(method));

export const ROUTE_RULES: Readonly<Record<string, Rule<Route>>> = {
  public_prefix: {
    why: 'whatever the origin comes to have below it is public from its first day',
    reference: 'docs/routing.md',
    ask: ({ access, match }) =>
      access.authentication !== 'required' && match.path.kind === 'prefix'
        ? `anybody may use all below ${match.path.value}/`
        : undefined,
  },
  report_only: {
    why: 'what the policy would refuse goes to the origin all the same',
    reference: 'docs/shadow.md',
    ask: ({ enforce }) => (enforce === 'report' ? 'enforce = "report" refuses nothing' : undefined),
  },
  every_issuer: {
    why: 'an issuer that is added for another route is let in here, too',
    reference: 'RFC 8725 §3.8',
    ask: (route, { issuers }) =>
      opennessOf(route) !== 'open' && issuers.length > 1 && profilesOf(route).length === issuers.length
        ? `takes tokens of each of the ${issuers.length} issuers`
        : undefined,
  },
  unsafe_without_requirement: {
    why: 'any valid token may change something: privileges should be the least that are needed',
    reference: 'RFC 9700 §2.3',
    ask: (route) => {
      const { kind } = route.access.requirement;
      const nothing = kind === 'all' && route.access.requirement.of.length === 0;
      return opennessOf(route) !== 'open' && nothing && takesUnsafe(route)
        ? 'takes unsafe methods and requires nothing of the token'
        : undefined;
    },
  },
  accepted_doubt: {
    why: 'while the store cannot be asked, a revoked token passes',
    reference: 'docs/revocation.md',
    ask: ({ access: { authentication, revocation } }) =>
      authentication !== 'none' && revocation.mode !== 'off' && revocation.onUnavailable === 'accept'
        ? 'on_unavailable = "accept"'
        : undefined,
  },
  no_revocation: {
    why: 'a stolen token is good until it expires',
    reference: 'docs/revocation.md',
    ask: ({ access: { authentication, revocation } }) =>
      authentication !== 'none' && revocation.mode === 'off' ? 'revocations are not asked about' : undefined,
  },
  long_staleness: {
    why: 'a token passes that long after it has been revoked',
    reference: 'docs/revocation.md',
    ask: ({ access: { authentication, revocation } }) =>
      authentication !== 'none' &&
      revocation.mode !== 'off' &&
      revocation.maxStalenessSeconds > LONG_STALENESS_SECONDS
        ? `revocations may be ${revocation.maxStalenessSeconds} s old`
        : undefined,
  },
  query_token: {
    why: 'URLs are kept in histories and logs, and sent on as Referer',
    reference: 'RFC 6750 §5.3',
    ask: ({ access }) =>
      access.sources.some(({ kind }) => kind === 'query') ? 'takes tokens from the query' : undefined,
  },
  cookie_prefix: {
    why: 'without the prefix __Host- another host of the domain can set the cookie',
    reference: 'RFC 6265 §8.6',
    ask: (route) => {
      const open = cookies(route).find((source) => !source.name.startsWith('__Host-'));
      return open && `takes the cookie ${open.name}`;
    },
  },
  cookie_for_others: {
    why: 'pages of those origins can do what the user can (cross-site request forgery)',
    reference: 'docs/browsers.md',
    ask: (route) => {
      const shared = cookies(route).find(({ allowedOrigins }) => allowedOrigins.size > 0);
      return shared && `pages of ${[...shared.allowedOrigins].join(', ')} may use the cookie ${shared.name}`;
    },
  },
  confusable_header: {
    why: 'many origins read "_" and "." in a header name as "-", so that two names are one to them',
    reference: 'docs/identity-headers.md',
    ask: ({ upstream }) => {
      const odd = upstream.headers.find(({ header }) => /[^A-Za-z0-9-]/.test(header));
      return odd && `gives the origin the header ${odd.header}`;
    },
  },
  client_identity_header: {
    why: 'the origin may take what a client sends there for an identity',
    reference: 'docs/identity-headers.md',
    ask: ({ upstream: { keepHeaders } }) =>
      keepHeaders.length > 0 ? `lets ${keepHeaders.join(', ')} of clients through` : undefined,
  },
  plain_origin: {
    why: 'tokens and identity headers go over the network as they are',
    reference: 'RFC 9700 §2.6',
    ask: ({ upstream: { origin } }) =>
      origin.kind === 'url' && origin.origin.startsWith('http:') && !LOCAL.test(origin.origin)
        ? `its origin is ${origin.origin}`
        : undefined,
  },
  local_origin: {
    why: 'a Worker that is deployed does not reach this machine: it is left over from a trial',
    reference: 'docs/operating.md',
    ask: ({ upstream: { origin } }) =>
      origin.kind === 'url' && LOCAL.test(origin.origin) ? `its origin is ${origin.origin}` : undefined,
  },
};

const serves = (profile: TokenProfile, { routes }: Policy) =>
  routes.filter(
    (route) => opennessOf(route) !== 'open' && profilesOf(route).some(({ name }) => name === profile.name),
  );

export const ISSUER_RULES: Readonly<Record<string, Rule<TokenProfile>>> = {
  shared_secret: {
    why: 'each service that has the secret can make tokens for all of them',
    reference: 'RFC 8725 §3.5',
    ask: (profile, policy) => {
      const origins = new Set(serves(profile, policy).map(({ upstream }) => JSON.stringify(upstream.origin)));
      return profile.keys.source.from === 'secret' && origins.size > 1
        ? `its shared secret guards ${origins.size} origins`
        : undefined;
    },
  },
  no_token_lifetime: {
    why: 'a token of any lifetime is taken where revocations are not asked about',
    reference: 'docs/revocation.md',
    ask: (profile, policy) =>
      !profile.lifetimeEnforced &&
      serves(profile, policy).some(({ access }) => access.revocation.mode === 'off')
        ? 'has no max_token_lifetime'
        : undefined,
  },
  no_expiry: {
    why: 'a token without "exp" is good for ever',
    reference: 'RFC 9068 §2.2',
    ask: ({ expiry }) => (expiry === 'required' ? undefined : 'takes tokens without "exp"'),
  },
  any_audience: {
    why: 'tokens that were issued for others are taken',
    reference: 'RFC 8725 §3.9',
    ask: ({ audience, audienceOptional }) =>
      audience === 'any' || audienceOptional ? 'takes tokens whatever their audience' : undefined,
  },
  local_issuer: {
    why: 'whoever runs a program on this machine can sign: it is left over from a trial',
    reference: 'docs/operating.md',
    ask: ({ issuer }) => (LOCAL.test(issuer) ? `its "iss" is ${issuer}` : undefined),
  },
  unused_issuer: {
    why: 'it is trusted by nothing, and the next route that names no issuers trusts it',
    reference: 'docs/configuration.md',
    ask: ({ name }, { routes }) =>
      routes.some(
        (route) =>
          route.access.authentication !== 'none' && profilesOf(route).some((each) => each.name === name),
      )
        ? undefined
        : 'no route takes its tokens',
  },
};

/** Everything the rules ask, once for a route that stands for several hosts. */
export function concernsOf(policy: Policy): readonly Concern[] {
  const found = new Map<string, Concern>();
  const apply = <T extends { readonly name: string }>(
    rules: Readonly<Record<string, Rule<T>>>,
    kind: string,
    subjects: readonly T[],
  ) => {
    for (const subject of subjects) {
      for (const [rule, { ask, why, reference }] of Object.entries(rules)) {
        const what = ask(subject, policy);
        const name = `${rule}.${subject.name}`;
        if (what !== undefined && !found.has(name))
          found.set(name, { name, what: `${kind} ${subject.name}: ${what}`, why, reference });
      }
    }
  };
  apply(ROUTE_RULES, 'route', policy.routes);
  apply(ISSUER_RULES, 'issuer', policy.issuers);
  return [...found.values()];
}
