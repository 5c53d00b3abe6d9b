import type { Access, TokenProfile } from '../../core/policy.ts';
import { adminAccess } from '../../decision/admin-access.ts';
import type { Admin } from '../policy.ts';

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
