import type { Access, TokenProfile } from '../../core/policy.ts';
import type { Requirement } from '../../core/requirement.ts';
import type { Admin } from '../policy.ts';
import { profilesOf } from '../token-profiles.ts';

/** A person waits for it, and a refusal on doubt costs one more attempt: longer than the gateway's 250 ms. */
const REVOCATION_TIMEOUT_MS = 1_000;

/** What a request to the admin API needs: a token of a configured admin issuer with the scope that this admin is given. */
export const adminAccess = (admins: readonly Admin[], scopeOf: (admin: Admin) => string): Access => ({
  name: 'admin',
  authentication: 'required',
  sources: [{ kind: 'bearer' }],
  profiles: profilesOf(admins),
  requirement: { kind: 'any', of: admins.map((admin) => ofIssuer(admin, scopeOf(admin))) },
  revocation: {
    mode: 'strict',
    maxStalenessSeconds: 0,
    onUnavailable: 'reject',
    timeoutMs: REVOCATION_TIMEOUT_MS,
  },
});

/** A token older than this could be one that was revoked, and the store has forgotten it. Seconds. */
const MAX_ADOPTING_AGE_SECONDS = 600;

/**
 * What it takes to end a doubt about the store: the write scope, in a token that was issued just now, since the store
 * cannot tell whether one has been revoked. What this isolate itself knows to be revoked is refused all the same.
 */
export const adoptAccess = (admins: readonly Admin[]): Access => {
  const recent = admins.map((admin) => ({ ...admin, profile: recentProfile(admin.profile) }));
  const access = adminAccess(recent, ({ writeScope }) => writeScope);
  return { ...access, name: 'adopt', revocation: { ...access.revocation, onUnavailable: 'accept' } };
};

const recentProfile = (profile: TokenProfile): TokenProfile => ({
  ...profile,
  maxTokenAgeSeconds: Math.min(
    profile.maxTokenAgeSeconds ?? MAX_ADOPTING_AGE_SECONDS,
    MAX_ADOPTING_AGE_SECONDS,
  ),
});

const ofIssuer = ({ profile }: Admin, scope: string): Requirement => ({
  kind: 'all',
  of: [
    { kind: 'equals', name: 'iss', path: ['iss'], value: profile.issuer },
    { kind: 'scope', values: [scope], match: 'all' },
  ],
});
