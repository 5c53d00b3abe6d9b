import type { TokenProfile } from '../../core/policy.ts';
import { DEFAULT_LIFETIME_SECONDS, type TokenWish } from '../stand-in/mint.ts';
import { compareKeys } from './compare-keys.ts';
import type { Verdict } from './difference.ts';
import { plainChanges, textOf } from './plain-changes.ts';

/** What differs between two profiles of one issuer, which all routes that accept it have in common. */
export interface ProfileChange {
  readonly verdict: Extract<Verdict, 'looser' | 'stricter' | 'may_differ' | 'other'>;
  readonly what: string;
  readonly before: string;
  readonly after: string;
  /** What makes a token that one profile takes, the new one where it is `looser`, and the other does not; undefined: no wish does. */
  readonly wish?: TokenWish | undefined;
}

/** How two values of a member compare: what only the first takes, and what only the second does. */
interface Ordered {
  readonly lost: boolean;
  readonly gained: boolean;
  readonly lostWish?: TokenWish | undefined;
  readonly gainedWish?: TokenWish | undefined;
}

type Compare = (was: TokenProfile, is: TokenProfile) => Ordered;

const ordered: Readonly<Partial<Record<keyof TokenProfile, Compare>>> = {
  audience: (was, is) => sets(setOf(was.audience), setOf(is.audience), (audience) => ({ audience })),
  algorithms: (was, is) => sets(was.algorithms, is.algorithms, (algorithm) => ({ algorithm })),
  types: (was, is) => sets(was.types, is.types, (type) => ({ type })),
  typeRequired: (was, is) => flags(was.typeRequired, is.typeRequired, undefined),
  audienceOptional: (was, is) =>
    flags(!was.audienceOptional, !is.audienceOptional, { without: [is.audienceClaim] }),
  profile: (was, is) => flags(was.profile === 'rfc9068', is.profile === 'rfc9068', undefined),
  expiry: (was, is) => numbers(EXPIRY.indexOf(was.expiry), EXPIRY.indexOf(is.expiry), () => undefined),
  numericSubject: (was, is) => flags(!was.numericSubject, !is.numericSubject, { claims: { sub: 7 } }),
  requiredClaims: (was, is) =>
    sets(new Set(is.requiredClaims), new Set(was.requiredClaims), (name) => ({ without: [name] })),
  maxTokenAgeSeconds: (was, is) =>
    numbers(was.maxTokenAgeSeconds ?? Infinity, is.maxTokenAgeSeconds ?? Infinity, (low) => ({
      issuedAgoSeconds: low + Math.min(was.clockToleranceSeconds, is.clockToleranceSeconds) + 1,
    })),
  clockToleranceSeconds: (was, is) =>
    numbers(was.clockToleranceSeconds, is.clockToleranceSeconds, (low) => ({
      expiresInSeconds: -low - 1,
      issuedAgoSeconds: low + DEFAULT_LIFETIME_SECONDS,
    })),
};

/** The stricter first. */
const EXPIRY: readonly TokenProfile['expiry'][] = ['required', 'optional', 'ignored'];

/** Every member that differs: in which direction where that can be told, `may_differ` otherwise. */
export function compareProfiles(was: TokenProfile, is: TokenProfile): readonly ProfileChange[] {
  const members = new Set([...plainChanges(was, is)].map(({ path }) => String(path[0])));
  return [...members]
    .filter((member) => member !== 'name' && member !== 'issuer')
    .flatMap((member): readonly ProfileChange[] => {
      // The provider repeats what the profile says of the issuer and its algorithms.
      if (member === 'keys') return keyChanges(was, is);
      const [before, after] = [was, is].map((profile) => textOf(profile[member as keyof TokenProfile]));
      const change = {
        what: `issuer ${is.name}: ${snakeCase(member)}`,
        before: before ?? '',
        after: after ?? '',
      };
      const compare = ordered[member as keyof TokenProfile];
      if (compare === undefined) return [{ verdict: 'may_differ', ...change }];
      const { lost, gained, lostWish, gainedWish } = compare(was, is);
      return [
        ...(gained ? [{ verdict: 'looser', ...change, wish: gainedWish } as const] : []),
        ...(lost ? [{ verdict: 'stricter', ...change, wish: lostWish } as const] : []),
      ];
    });
}

const keyChanges = (was: TokenProfile, is: TokenProfile): readonly ProfileChange[] =>
  compareKeys(was.keys.source, is.keys.source).map((change) => ({
    ...change,
    what: `issuer ${is.name}: ${change.what}`,
  }));

const snakeCase = (name: string): string =>
  name.replace(/Seconds$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const setOf = (names: readonly string[] | 'any'): ReadonlySet<string> | 'any' =>
  names === 'any' ? 'any' : new Set(names);

function sets(
  was: ReadonlySet<string> | 'any',
  is: ReadonlySet<string> | 'any',
  wish: (name: string) => TokenWish,
): Ordered {
  const beyond = (a: typeof was, b: typeof was): string | undefined =>
    b === 'any' ? undefined : a === 'any' ? 'of-anybody' : [...a].find((name) => !b.has(name));
  const [lost, gained] = [beyond(was, is), beyond(is, was)];
  return {
    lost: lost !== undefined,
    gained: gained !== undefined,
    lostWish: lost === undefined ? undefined : wish(lost),
    gainedWish: gained === undefined ? undefined : wish(gained),
  };
}

/** True is the stricter. */
const flags = (was: boolean, is: boolean, wish: TokenWish | undefined): Ordered => ({
  lost: !was && is,
  gained: was && !is,
  lostWish: wish,
  gainedWish: wish,
});

/** Less is the stricter. */
function numbers(was: number, is: number, wish: (low: number) => TokenWish | undefined): Ordered {
  const one = wish(Math.min(was, is));
  return { lost: was > is, gained: was < is, lostWish: one, gainedWish: one };
}
