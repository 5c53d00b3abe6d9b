import type { Access, Requirement } from '../../core/policy.ts';
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

const ofIssuer = ({ profile }: Admin, scope: string): Requirement => ({
  kind: 'all',
  of: [
    { kind: 'equals', name: 'iss', path: ['iss'], value: profile.issuer },
    { kind: 'scope', values: [scope], match: 'all' },
  ],
});
