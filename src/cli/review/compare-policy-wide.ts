import type { EndpointGuard, Policy } from '../../core/policy.ts';
import { compareProfiles } from './compare-profiles.ts';
import type { Difference } from './difference.ts';
import { plainChanges } from './plain-changes.ts';

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
      verdict: 'other',
      widening: GUARDS.get(path[0] ?? '')?.(old, now) ?? false,
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
    compareProfiles(was.profile, is.profile).some(
      ({ verdict }) => verdict === 'looser' || verdict === 'may_differ',
    )
  );
}

/** At once, or in the long run. */
function triesMore({ failedAuthenticationLimit: was }: Policy, { failedAuthenticationLimit: is }: Policy) {
  if (was === undefined) return false;
  if (is === undefined) return true;
  return is.limit > was.limit || is.limit / is.periodSeconds > was.limit / was.periodSeconds;
}
