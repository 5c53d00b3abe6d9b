import type { Route, TokenProfile } from '../../core/policy.ts';
import type { TokenSource } from '../../core/token-source.ts';
import type { Difference, WitnessToken } from './difference.ts';
import { type Formula, formulaOf, parametersByPlace } from './formula.ts';
import type { Pair, Side } from './pair.ts';
import { samePlain, textOf } from './plain-changes.ts';
import type { Presented } from './presented.ts';
import { requirementText } from './requirement-text.ts';
import { satisfy } from './satisfy.ts';
import { NOW, sampleOf, takes } from './takes-token.ts';
import type { Model } from './token-model.ts';

/** Tokens that one of two routes takes and the other does not: by issuer, and by what is required of them. */
export function compareTokens(pair: Pair, old: Route, now: Route): readonly Difference[] {
  const requirements = {
    before: requirementText(old.access.requirement),
    after: requirementText(now.access.requirement),
  };
  const differences: Difference[] = [];
  const note = (
    model: Model,
    found: Omit<Difference, 'witness'>,
    side: 'old' | 'new',
    profile: TokenProfile,
  ) => {
    if (model === 'none') return;
    const source = side === 'old' ? sourceFor(old, now) : sourceFor(now, old);
    if (source === undefined) return;
    if (model === 'undecided') {
      const told = { ...found, verdict: 'may_differ', widening: true } as const;
      if (!differences.some(({ verdict, what }) => verdict === 'may_differ' && what === told.what))
        differences.push(told);
      return;
    }
    if (differences.some(({ verdict, what }) => verdict === found.verdict && what === found.what)) return;
    const token = { issuer: profile.name, wish: model.wish, source };
    differences.push({ ...found, witness: { ...pair.request, token, passes: side } });
  };
  for (const { was, is } of pairedProfiles(profilesOf(old), profilesOf(now))) {
    if (was === undefined && is !== undefined) {
      const model = unlikeAnother(satisfy([required(pair, now, is)], presented(pair, now, is)), is, old);
      note(model, { verdict: 'looser', widening: true, what: `issuer ${is.name} is accepted` }, 'new', is);
    } else if (is === undefined && was !== undefined) {
      const model = unlikeAnother(satisfy([required(pair, old, was)], presented(pair, old, was)), was, now);
      note(
        model,
        { verdict: 'stricter', widening: false, what: `issuer ${was.name} is not accepted` },
        'old',
        was,
      );
    } else if (was !== undefined && is !== undefined && !sameRequirement(old, now, was, is)) {
      const what = 'another requirement';
      const gained = satisfy(
        [required(pair, now, is), required(pair, old, was, false)],
        presented(pair, now, is),
      );
      note(gained, { verdict: 'looser', widening: true, what, ...requirements }, 'new', is);
      const lost = satisfy(
        [required(pair, old, was), required(pair, now, is, false)],
        presented(pair, old, was),
      );
      note(lost, { verdict: 'stricter', widening: false, what, ...requirements }, 'old', was);
    }
  }
  return differences;
}

/** Where the other route takes the token for one of another table of the same `iss`, it shows nothing. */
function unlikeAnother(model: Model, profile: TokenProfile, other: Route): Model {
  if (typeof model !== 'object') return model;
  const sample = sampleOf(profile, model.wish, NOW);
  const alike = profilesOf(other).some(
    (each) => each.issuer === profile.issuer && takes({ profile: each, revocable: false }, sample, NOW),
  );
  return alike ? 'undecided' : model;
}

/** A token that the route of one side takes, of any of its issuers. */
export function someToken(pair: Pick<Pair, 'example'>, { route }: Side): WitnessToken | 'none' | 'undecided' {
  if (route === undefined) return 'none';
  let undecided = false;
  for (const profile of profilesOf(route)) {
    const model = satisfy([required(pair, route, profile)], presented(pair, route, profile));
    if (model === 'undecided') undecided = true;
    else if (model !== 'none') return { issuer: profile.name, wish: model.wish, source: sourceOf(route) };
  }
  return undecided ? 'undecided' : 'none';
}

export const profilesOf = ({ access }: Route): readonly TokenProfile[] =>
  [...access.profiles.values()].flat();

/** Profiles of one issuer: by `iss`, and by name where an `iss` has several. */
export function pairedProfiles(
  old: readonly TokenProfile[],
  now: readonly TokenProfile[],
): readonly { readonly was: TokenProfile | undefined; readonly is: TokenProfile | undefined }[] {
  const several = (of: readonly TokenProfile[], { issuer }: TokenProfile) =>
    of.filter((each) => each.issuer === issuer).length > 1;
  const key = (profile: TokenProfile) =>
    several(old, profile) || several(now, profile) ? `${profile.issuer} ${profile.name}` : profile.issuer;
  const before = new Map(old.map((profile) => [key(profile), profile]));
  const after = new Map(now.map((profile) => [key(profile), profile]));
  return [...new Set([...before.keys(), ...after.keys()])].map((each) => ({
    was: before.get(each),
    is: after.get(each),
  }));
}

export const required = (
  { example }: Pick<Pair, 'example'>,
  route: Route,
  profile: TokenProfile,
  holds = true,
): Formula =>
  formulaOf(
    route.access.requirement,
    {
      profile,
      method: example.method,
      host: example.host,
      parameters: new Map((route.match.path.parameters ?? []).map((each) => [each.name, each.index])),
    },
    holds,
  );

export const presented = (
  { example }: Pick<Pair, 'example'>,
  { access }: Route,
  profile: TokenProfile,
): Presented => ({
  profile,
  parameters: parametersByPlace(example.path),
  revocable: access.revocation.mode !== 'off',
});

/** The same text under the same names, so that there is nothing to compare. */
const sameRequirement = (old: Route, now: Route, was: TokenProfile, is: TokenProfile): boolean =>
  was.name === is.name &&
  was.clockToleranceSeconds === is.clockToleranceSeconds &&
  samePlain(was.scopeClaim, is.scopeClaim) &&
  samePlain(old.match.path.parameters, now.match.path.parameters) &&
  samePlain(old.access.requirement, now.access.requirement);

/** Where a witness carries its token: in the header where it may. */
export const sourceOf = (route: Route): TokenSource => preferred(route.access.sources) ?? { kind: 'bearer' };

/** Where one route takes a token that the other is to refuse: without a token in sight, an optional one refuses nobody. */
export const sourceFor = (taking: Route, refusing: Route): TokenSource | undefined =>
  refusing.access.authentication === 'optional'
    ? preferred(taking.access.sources.filter((source) => looksAt(refusing, source)))
    : sourceOf(taking);

const preferred = (sources: readonly TokenSource[]): TokenSource | undefined =>
  sources.find(({ kind }) => kind === 'bearer') ?? sources[0];

/** Whether a route finds a token there that came from no other page. */
export const looksAt = ({ access }: Route, source: TokenSource): boolean =>
  access.sources.some((each) => placeOf(each) === placeOf(source));

const placeOf = (source: TokenSource): string =>
  textOf({ ...source, allowedOrigins: undefined, padded: undefined });
