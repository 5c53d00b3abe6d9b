import type { TokenProfile } from '../../core/policy.ts';
import type { TokenWish } from '../stand-in/mint.ts';
import { compareKeys } from './compare-keys.ts';
import type { Verdict } from './difference.ts';
import { plainChanges, textOf } from './plain-changes.ts';
import { RESPECTS, type Respect } from './profile-candidates.ts';
import { NOW, sampleOf, type Taker, takes } from './takes-token.ts';

/** What differs between two profiles of one issuer, which all routes that accept it have in common. */
export interface ProfileChange {
  readonly verdict: Extract<Verdict, 'looser' | 'stricter' | 'may_differ' | 'other'>;
  readonly what: string;
  readonly before: string;
  readonly after: string;
  /** What makes a token that one profile takes, the new one where it is `looser`, and the other does not; undefined: no wish does. */
  readonly wish?: TokenWish | undefined;
}

type Member = keyof TokenProfile;

/** Names alone, and what the provider repeats of the profile. */
const NAMES: ReadonlySet<string> = new Set(['name', 'issuer', 'keys']);

/**
 * Every member that differs, and which tokens are thereby taken that were not, or are not any more: in each respect a
 * token for every part that the bounds of both leave is tried by the gateway's own checks, so that where none tells them
 * apart none does. What takes no token more or less is `other`.
 */
export function compareProfiles(was: Taker, is: Taker): readonly ProfileChange[] {
  const members = new Set(plainChanges(was.profile, is.profile).map(({ path }) => path[0] as Member));
  const changed = RESPECTS.flatMap((respect) => inRespect(respect, members, was, is));
  const told = new Set(RESPECTS.flatMap((respect) => respect.members));
  return [
    ...changed,
    ...(members.has('tenantClaim') ? tenants(was, is) : []),
    ...[...members]
      .filter((member) => !NAMES.has(member) && !told.has(member) && member !== 'tenantClaim')
      .map((member): ProfileChange => ({ verdict: 'other', ...textsOf([member], was, is) })),
    ...(members.has('keys') ? keyChanges(was, is) : []),
  ];
}

function inRespect(
  { members, candidates }: Respect,
  differing: ReadonlySet<Member>,
  was: Taker,
  is: Taker,
): readonly ProfileChange[] {
  const changed = members.filter((member) => differing.has(member));
  if (changed.length === 0) return [];
  const verdicts = [
    { verdict: 'looser', sides: { taking: is, refusing: was } },
    { verdict: 'stricter', sides: { taking: was, refusing: is } },
  ] as const;
  const found = verdicts.flatMap(({ verdict, sides }) => {
    const wishes = candidates(sides.taking.profile, sides.refusing.profile);
    const apart = wishes.filter((wish) => tellsApart(wish, changed, sides));
    const told = (of: readonly Member[], wish: TokenWish | undefined) =>
      wish === undefined ? [] : [{ verdict, ...textsOf(of, was, is), wish, of }];
    const alone = changed.flatMap((member) =>
      told(
        [member],
        apart.find((wish) => isWhy(member, wish, changed, sides)),
      ),
    );
    return alone.length > 0 ? alone : told(changed, apart[0]);
  });
  const told = new Set(found.flatMap(({ of }) => of));
  const order = (member: Member | undefined) => (member === undefined ? 0 : changed.indexOf(member));
  return [
    ...found.toSorted((a, b) => order(a.of[0]) - order(b.of[0])).map(({ of: _of, ...change }) => change),
    ...changed
      .filter((member) => !told.has(member))
      .map((member): ProfileChange => ({ verdict: 'other', ...textsOf([member], was, is) })),
  ];
}

/** Whether one takes a token and the other does not, by what those members ask alone. */
function tellsApart(wish: TokenWish, members: readonly Member[], { taking, refusing }: Sides): boolean {
  const sample = sampleOf(taking.profile, wish, NOW);
  return (
    takes(taking, sample, NOW) &&
    !takes(refusing, sample, NOW) &&
    !takes(withMembers(taking, refusing, members), sample, NOW)
  );
}

/** Whether one member is why: with it alone exchanged, either side judges as the other does. */
function isWhy(
  member: Member,
  wish: TokenWish,
  changed: readonly Member[],
  { taking, refusing }: Sides,
): boolean {
  const sample = sampleOf(taking.profile, wish, NOW);
  const others = changed.filter((each) => each !== member);
  return (
    !takes(withMembers(taking, refusing, [member]), sample, NOW) &&
    takes(withMembers(taking, refusing, others), sample, NOW)
  );
}

interface Sides {
  readonly taking: Taker;
  readonly refusing: Taker;
}

function withMembers(one: Taker, other: Taker, members: readonly Member[]): Taker {
  const exchanged = Object.fromEntries(members.map((member) => [member, other.profile[member]]));
  return { ...one, profile: { ...one.profile, ...exchanged } };
}

/** Whose revocation ends the tokens of a tenant. */
function tenants(was: Taker, is: Taker): readonly ProfileChange[] {
  const texts = textsOf(['tenantClaim'], was, is);
  const looks = ({ profile, revocable }: Taker) => revocable && profile.tenantClaim !== undefined;
  return [
    ...(looks(was) ? [{ verdict: 'looser', ...texts } as const] : []),
    ...(looks(is) ? [{ verdict: 'stricter', ...texts } as const] : []),
    ...(looks(was) || looks(is) ? [] : [{ verdict: 'other', ...texts } as const]),
  ];
}

function keyChanges({ profile: was }: Taker, { profile: is }: Taker): readonly ProfileChange[] {
  return compareKeys(was.keys.source, is.keys.source).map((change) => ({
    ...change,
    what: `issuer ${is.name}: ${change.what}`,
  }));
}

function textsOf(members: readonly Member[], { profile: was }: Taker, { profile: is }: Taker) {
  const text = (profile: TokenProfile) => members.map((member) => textOf(profile[member])).join(', ');
  return {
    what: `issuer ${is.name}: ${members.map(snakeCase).join(', ')}`,
    before: text(was),
    after: text(is),
  };
}

const snakeCase = (name: string): string =>
  name.replace(/Seconds$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
