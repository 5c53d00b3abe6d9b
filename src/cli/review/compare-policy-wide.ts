import type { EndpointGuard, Policy } from '../../core/policy.ts';
import { compareProfiles } from './compare-profiles.ts';
import type { Difference } from './difference.ts';
import { plainChanges, samePlain } from './plain-changes.ts';
import type { Taker } from './takes-token.ts';

/** What follows from the routes and issuers, or is compared with them. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'issuers',
  'routes',
  'resources',
  'mappedHeaders',
  'candidate',
]);

/** Who may read, what an attacker may try, and whose answers count: whether the new policy allows more of it. */
const GUARDS: ReadonlyMap<string, (old: Policy, now: Policy) => boolean> = new Map([
  ['status', (old: Policy, now: Policy) => opensTo(old.status, now.status)],
  ['explain', (old: Policy, now: Policy) => opensTo(old.explain, now.explain)],
  ['serverTiming', (old: Policy, now: Policy) => opensTo(old.serverTiming, now.serverTiming)],
  ['failedAuthenticationLimit', triesMore],
  // Without one, or with another, answers count that did not. The first one only takes some away.
  ['revocationEpoch', (old: Policy) => old.revocationEpoch !== undefined],
]);

/** What differs beside routes and issuers. The candidate decides nothing, so it is told of as a whole. */
export function comparePolicyWide(old: Policy, now: Policy): readonly Difference[] {
  const others = (policy: Policy) =>
    Object.fromEntries(Object.entries(policy).filter(([name]) => !ELSEWHERE.has(name)));
  const share = ({ candidate }: Policy) => ({ candidate: candidate?.share });
  return [...plainChanges(others(old), others(now)), ...plainChanges(share(old), share(now))].map(
    ({ path, before, after }) => ({
      ...(path[0] === 'maxTokenBytes'
        ? tokenBytes(old, now)
        : { verdict: 'other', widening: GUARDS.get(path[0] ?? '')?.(old, now) ?? false }),
      what: path.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)).join('.'),
      before: before.length > 200 ? 'as it was' : before,
      after: after.length > 200 ? 'another' : after,
    }),
  );
}

/** Somebody may use the endpoint who could not, or it cannot be told that nobody may. Every scope of a guard is needed. */
function opensTo(was: EndpointGuard | undefined, is: EndpointGuard | undefined): boolean {
  if (is === undefined) return false;
  if (was === undefined || was.profile.issuer !== is.profile.issuer) return true;
  return (
    was.scope.some((name) => !is.scope.includes(name)) ||
    !samePlain(was.profile.scopeClaim, is.profile.scopeClaim) ||
    compareProfiles(takerOf(was), takerOf(is)).some(
      ({ verdict }) => verdict === 'looser' || verdict === 'may_differ',
    )
  );
}

/** A larger token is refused whatever it says. No witness shows it that anybody would read. */
const tokenBytes = (old: Policy, now: Policy): Pick<Difference, 'verdict' | 'widening'> =>
  now.maxTokenBytes > old.maxTokenBytes
    ? { verdict: 'looser', widening: true }
    : { verdict: 'stricter', widening: false };

/** Whatever is asked of a token here, it is asked for no less where it need not be one that can be revoked. */
const takerOf = ({ profile }: EndpointGuard): Taker => ({ profile, revocable: false });

/** At once, or in the long run. */
function triesMore({ failedAuthenticationLimit: was }: Policy, { failedAuthenticationLimit: is }: Policy) {
  if (was === undefined) return false;
  if (is === undefined) return true;
  return is.limit > was.limit || is.limit / is.periodSeconds > was.limit / was.periodSeconds;
}
