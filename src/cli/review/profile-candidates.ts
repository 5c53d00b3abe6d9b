import type { TokenProfile } from '../../core/policy.ts';
import { EXAMPLE_GUID, type TokenWish } from '../stand-in/mint.ts';

/** Tokens that may tell two profiles of one issuer apart in one respect: those that the first takes, if any does. */
type Candidates = (taking: TokenProfile, other: TokenProfile) => readonly TokenWish[];

/** What a profile asks in one respect, apart from all others. */
export interface Respect {
  readonly members: readonly (keyof TokenProfile)[];
  readonly candidates: Candidates;
}

/** RFC 9068 §2.2. */
const RFC_9068_CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'];

/** Not a name of anybody's. */
const NOBODY = 'of-nobody';

const audiences: Candidates = (taking, other) => {
  const named = [taking, other].flatMap(({ audience }) => (audience === 'any' ? [] : audience));
  const own: readonly TokenWish[] = [
    ...[...new Set(named), NOBODY].map((audience) => ({ audience })),
    { without: [taking.audienceClaim] },
  ];
  if (taking.audienceClaim === other.audienceClaim) return own;
  // What the other looks at is another claim.
  return own.flatMap((wish): TokenWish[] => [
    { ...wish, without: [...(wish.without ?? []), other.audienceClaim] },
    { ...wish, claims: { [other.audienceClaim]: NOBODY } },
  ]);
};

const algorithms: Candidates = (taking) => [...taking.algorithms].map((algorithm) => ({ algorithm }));

const types: Candidates = ({ types: taken }) => [
  ...(taken === 'any' ? [NOBODY] : taken).values().map((type) => ({ type })),
  { type: null },
];

/** Claims that are not there, and dates about every bound that there is. */
const claimsAndTimes: Candidates = (taking, other) => {
  const names = new Set(
    [taking, other].flatMap((profile) => [
      ...profile.requiredClaims,
      ...(profile.profile === 'rfc9068' ? RFC_9068_CLAIMS : []),
      profile.jtiClaim,
    ]),
  );
  return [
    ...[...names].map((name) => ({ without: [name] })),
    { without: ['exp'] },
    { without: ['iat'] },
    ...times(taking, other),
  ];
};

function times(...profiles: readonly TokenProfile[]): readonly TokenWish[] {
  const bounds = profiles.flatMap(
    ({ clockToleranceSeconds: tolerance, maxTokenAgeSeconds: age, maxTokenLifetimeSeconds: lifetime }) => [
      tolerance,
      lifetime,
      ...(age === undefined ? [] : [age + tolerance]),
    ],
  );
  const ages = about([0, ...bounds]).filter((age) => age >= 0);
  const tolerances = profiles.map(({ clockToleranceSeconds }) => -clockToleranceSeconds);
  const lifetimes = profiles.map(({ maxTokenLifetimeSeconds }) => maxTokenLifetimeSeconds);
  return ages.flatMap((issuedAgoSeconds): TokenWish[] => [
    { issuedAgoSeconds, without: ['exp'] },
    ...[60, ...about(tolerances), ...about(lifetimes).map((lifetime) => lifetime - issuedAgoSeconds)]
      .filter((left) => left + issuedAgoSeconds >= 0)
      .map((expiresInSeconds) => ({ issuedAgoSeconds, expiresInSeconds })),
  ]);
}

/** Each bound, a second beyond it, and what lies in the middle of two. */
function about(bounds: readonly number[]): readonly number[] {
  const sorted = [...new Set(bounds)].toSorted((a, b) => a - b);
  const between = sorted.slice(1).map((high, index) => (high + (sorted[index] ?? high)) / 2);
  return [...sorted.flatMap((bound) => [bound + 1, bound]), ...between];
}

const templates: Candidates = ({ template }, { template: other }) => {
  if (template === undefined) return [];
  const values = [template, other].flatMap((each) =>
    each === undefined || each.allowed === 'guid' ? [EXAMPLE_GUID] : [...each.allowed],
  );
  return values.map((value) => ({ claims: { [template.claim]: value } }));
};

const encryptions: Candidates = ({ encryption }, { encryption: other }) => [
  { encryptedTo: null },
  ...[...(encryption?.keys ?? []), ...(other?.keys ?? [])].map((binding) => ({ encryptedTo: binding })),
];

export const RESPECTS: readonly Respect[] = [
  { members: ['audience', 'audienceOptional', 'audienceClaim'], candidates: audiences },
  { members: ['algorithms'], candidates: algorithms },
  { members: ['types', 'typeRequired'], candidates: types },
  {
    members: [
      'profile',
      'requiredClaims',
      'jtiClaim',
      'expiry',
      'clockToleranceSeconds',
      'maxTokenAgeSeconds',
      'maxTokenLifetimeSeconds',
      'lifetimeEnforced',
    ],
    candidates: claimsAndTimes,
  },
  { members: ['numericSubject'], candidates: () => [{ claims: { sub: 7 } }] },
  { members: ['template'], candidates: templates },
  { members: ['encryption'], candidates: encryptions },
];
