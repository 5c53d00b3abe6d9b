import type { Route } from '../../core/policy.ts';
import type { TokenSource } from '../../core/token-source.ts';
import { looksAt, pairedProfiles, presented, profilesOf, required, sourceFor } from './compare-tokens.ts';
import { type Difference, NO_TOKEN, type WitnessToken } from './difference.ts';
import type { Pair } from './pair.ts';
import { textOf } from './plain-changes.ts';
import { satisfy } from './satisfy.ts';

/** Where tokens may stand, and whether one that is revoked passes: of two routes that both look at tokens. */
export function compareSources(pair: Pair, old: Route, now: Route): readonly Difference[] {
  const [was, is] = [old, now].map(
    ({ access }) => new Map(access.sources.map((source) => [textOf(source), source])),
  );
  const added = [...(is ?? [])].filter(([text]) => !was?.has(text));
  const removed = [...(was ?? [])].filter(([text]) => !is?.has(text));
  const both = old.access.authentication === 'required' && now.access.authentication === 'required';
  const at = (source: TokenSource, passes: 'old' | 'new') => {
    // Of a cookie both routes have, other pages may use it: no request of one page shows that.
    const sameCookie = looksAt(passes === 'old' ? now : old, source);
    const token = both && !sameCookie ? commonToken(pair, old, now, passes) : undefined;
    return token && { ...pair.request, token: { ...token, source }, passes };
  };
  const order = (route: Route) =>
    textOf([route.access.multipleTokens ?? 'refused', route.access.sources.map(textOf)]);
  return [
    ...added.map(
      ([, source]): Difference => ({
        verdict: 'looser',
        widening: true,
        what: `a token is taken from ${sourceText(source)}`,
        witness: at(source, 'new'),
      }),
    ),
    ...removed.map(
      ([, source]): Difference => ({
        verdict: 'stricter',
        widening: false,
        what: `no token is taken from ${sourceText(source)}`,
        witness: at(source, 'old'),
      }),
    ),
    ...ignored(pair, old, now),
    ...(added.length + removed.length === 0 && order(old) !== order(now)
      ? [
          {
            verdict: 'other',
            widening: now.access.multipleTokens === 'first',
            what: 'which of several tokens counts',
            before: order(old),
            after: order(now),
          } as const,
        ]
      : []),
    ...revoked(pair, old, now),
  ];
}

/** What is no token is refused where a route looks, and passes where it does not, if nobody need be known. */
function ignored(pair: Pair, old: Route, now: Route): readonly Difference[] {
  if ([old, now].some(({ access }) => access.authentication !== 'optional')) return [];
  const only = (one: Route, other: Route) => one.access.sources.filter((source) => !looksAt(other, source));
  const told = (source: TokenSource, passes: 'old' | 'new'): Difference => ({
    verdict: passes === 'new' ? 'looser' : 'stricter',
    widening: passes === 'new',
    what: `what is no token passes in ${sourceText(source)}${passes === 'new' ? '' : ' no more'}`,
    witness: { ...pair.request, token: { text: NO_TOKEN, source }, passes },
  });
  return [
    ...only(old, now).map((source) => told(source, 'new')),
    ...only(now, old).map((source) => told(source, 'old')),
  ];
}

function revoked(pair: Pair, old: Route, now: Route): readonly Difference[] {
  const [was, is] = [old.access.revocation.mode === 'off', now.access.revocation.mode === 'off'];
  if (was === is) return [];
  const passes = is ? 'new' : 'old';
  const token = commonToken(pair, old, now, passes);
  return [
    {
      verdict: is ? 'looser' : 'stricter',
      widening: is,
      what: is ? 'revocations are not asked about' : 'revocations are asked about',
      witness: token && { ...pair.request, token: { ...token, revoked: true }, passes },
    },
  ];
}

type MintedToken = Extract<WitnessToken, { readonly issuer: string }>;

/** A token that meets what both routes require, made for the one that lets it through; undefined where none is found. */
export function commonToken(
  pair: Pair,
  old: Route,
  now: Route,
  passes: 'old' | 'new',
): MintedToken | undefined {
  const [route, other] = passes === 'new' ? [now, old] : [old, now];
  const source = sourceFor(route, other);
  if (source === undefined) return undefined;
  for (const { was, is } of pairedProfiles(profilesOf(old), profilesOf(now))) {
    if (was === undefined || is === undefined) continue;
    const profile = passes === 'new' ? is : was;
    const model = satisfy([required(pair, old, was), required(pair, now, is)], {
      ...presented(pair, route, profile),
      revocable: true,
    });
    if (typeof model === 'object') return { issuer: profile.name, wish: model.wish, source };
  }
  return undefined;
}

export const sourceText = (source: TokenSource): string => {
  switch (source.kind) {
    case 'bearer':
      return 'the Authorization header';
    case 'cookie':
      return `the cookie ${source.name}${source.allowedOrigins.size === 0 ? '' : `, also for pages of ${[...source.allowedOrigins].join(', ')}`}`;
    case 'header':
      return `the header ${source.name}`;
    case 'query':
      return `the query's ${source.name}`;
    case 'websocket_protocol':
      return `the WebSocket protocol ${source.name}`;
  }
};
