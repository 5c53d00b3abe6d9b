import type { Route } from '../../core/policy.ts';
import type { TokenSource } from '../../core/token-source.ts';
import { pairedProfiles, presented, profilesOf, required, sourceOf } from './compare-tokens.ts';
import type { Difference, WitnessToken } from './difference.ts';
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
  const token = both ? commonToken(pair, old, now) : undefined;
  const at = (source: TokenSource, passes: 'old' | 'new') => {
    // Of a cookie both routes have, other pages may use it: no request of one page shows that.
    const sameCookie = (other: Route) =>
      other.access.sources.some(
        (each) =>
          each.kind === source.kind && 'name' in each && 'name' in source && each.name === source.name,
      );
    return token === undefined || sameCookie(passes === 'old' ? now : old)
      ? undefined
      : { ...pair.request, token: { ...token, source }, passes };
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

function revoked(pair: Pair, old: Route, now: Route): readonly Difference[] {
  const [was, is] = [old.access.revocation.mode === 'off', now.access.revocation.mode === 'off'];
  if (was === is) return [];
  const token = commonToken(pair, old, now);
  const passes = is ? 'new' : 'old';
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

/** A token that both routes take; undefined where none is found. */
export function commonToken(pair: Pair, old: Route, now: Route): MintedToken | undefined {
  for (const { was, is } of pairedProfiles(profilesOf(old), profilesOf(now))) {
    if (was === undefined || is === undefined) continue;
    const model = satisfy([required(pair, old, was), required(pair, now, is)], {
      ...presented(pair, now, is),
      revocable: true,
    });
    if (typeof model === 'object') return { issuer: is.name, wish: model.wish, source: sourceOf(now) };
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
