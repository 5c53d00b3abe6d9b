import type { Route, TokenProfile } from '../../core/policy.ts';
import { compareProfiles, type ProfileChange } from './compare-profiles.ts';
import { opennessOf } from './compare-reach.ts';
import { commonToken } from './compare-sources.ts';
import { pairedProfiles, profilesOf } from './compare-tokens.ts';
import type { Difference, Witness } from './difference.ts';
import type { Pair } from './pair.ts';

/** One thing that differs between two profiles of an issuer, and requests that may show it: no route need let one. */
export interface IssuerDifference extends Difference {
  readonly witnesses: readonly Witness[];
}

/** Pairs of routes at which a witness is looked for. */
const MAX_WITNESSES = 8;

interface Compared {
  readonly old: Route;
  readonly now: Route;
  readonly was: TokenProfile;
  readonly is: TokenProfile;
}

/** Of issuers that both routes of some pair accept: each difference once, whatever the number of routes. */
export function compareIssuers(pairs: readonly Pair[]): readonly IssuerDifference[] {
  const found = new Map<string, IssuerDifference & { readonly witnesses: Witness[] }>();
  const compared = new Map<string, readonly ProfileChange[]>();
  for (const pair of pairs) {
    const [old, now] = [pair.old.route, pair.new.route];
    if (old === undefined || now === undefined || opennessOf(old) === 'open' || opennessOf(now) === 'open')
      continue;
    const [before, after] = [old, now].map(({ access }) => access.revocation.mode !== 'off');
    for (const { was, is } of pairedProfiles(profilesOf(old), profilesOf(now))) {
      if (was === undefined || is === undefined) continue;
      const key = [was.issuer, was.name, is.name].join(' ');
      const asked = `${key} ${before} ${after}`;
      const changes =
        compared.get(asked) ??
        compareProfiles(
          { profile: was, revocable: before ?? false },
          { profile: is, revocable: after ?? false },
        );
      compared.set(asked, changes);
      for (const { wish, ...change } of changes) {
        const id = [key, change.verdict, change.what].join(' ');
        const difference = found.get(id) ?? {
          ...change,
          widening: change.verdict === 'looser' || change.verdict === 'may_differ',
          witnesses: [],
        };
        found.set(id, difference);
        if (difference.witnesses.length >= MAX_WITNESSES) continue;
        const witness = witnessOf({ wish, ...change }, pair, { old, now, was, is });
        if (witness !== undefined) difference.witnesses.push(witness);
      }
    }
  }
  return [...found.values()].filter(({ verdict, what }) => verdict !== 'other' || !isTold(what, found));
}

/** At some pair of routes a change has an effect, at another none: it is told by its effect. */
const isTold = (name: string, found: ReadonlyMap<string, Difference>): boolean =>
  [...found.values()].some(({ verdict, what }) => verdict !== 'other' && what === name);

function witnessOf(
  { wish, verdict }: ProfileChange,
  pair: Pair,
  { old, now, was, is }: Compared,
): Witness | undefined {
  if (wish === undefined || opennessOf(old) !== 'required' || opennessOf(now) !== 'required')
    return undefined;
  const passes = verdict === 'looser' ? 'new' : 'old';
  const token = commonToken(pair, onlyOf(old, was), onlyOf(now, is), passes);
  if (token === undefined) return undefined;
  const combined = {
    ...token.wish,
    ...wish,
    claims: { ...token.wish.claims, ...wish.claims },
    without: [...(token.wish.without ?? []), ...(wish.without ?? [])],
  };
  return { ...pair.request, token: { ...token, wish: combined }, passes };
}

const onlyOf = (route: Route, profile: TokenProfile): Route => ({
  ...route,
  access: { ...route.access, profiles: new Map([[profile.issuer, [profile]]]) },
});
