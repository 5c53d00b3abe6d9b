import type { Policy } from '../../core/policy.ts';
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
/** Who may read, what an attacker may try, and whose answers count. */
const GUARDS: ReadonlySet<string> = new Set(['status', 'failedAuthenticationLimit', 'revocationEpoch']);

/** What differs beside routes and issuers. The candidate decides nothing, so it is told of as a whole. */
export function comparePolicyWide(old: Policy, now: Policy): readonly Difference[] {
  const others = (policy: Policy) =>
    Object.fromEntries(Object.entries(policy).filter(([name]) => !ELSEWHERE.has(name)));
  const share = ({ candidate }: Policy) => ({ candidate: candidate?.share });
  return [...plainChanges(others(old), others(now)), ...plainChanges(share(old), share(now))].map(
    ({ path, before, after }) => ({
      verdict: 'other',
      widening: GUARDS.has(path[0] ?? '') && after !== 'none',
      what: path.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)).join('.'),
      before: before.length > 200 ? 'as it was' : before,
      after: after.length > 200 ? 'another' : after,
    }),
  );
}
