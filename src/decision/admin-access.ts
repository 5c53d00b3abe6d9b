import type { Access, TokenProfile } from '../core/policy.ts';
import type { Requirement } from '../core/requirement.ts';

/** Who may call an admin API: the tokens it comes with, and the scopes that let it read and write there. */
export interface AdminParty {
  /** Table name. */
  readonly name: string;
  /** An access token for this Worker, not for the gateway. */
  readonly profile: TokenProfile;
  readonly readScope: string;
  readonly writeScope: string;
}

/** A person waits for it, and a refusal on doubt costs one more attempt: longer than the gateway's 250 ms. */
const REVOCATION_TIMEOUT_MS = 1_000;

/** What a request to an admin API needs: a token of a configured admin issuer with the scope that this admin is given. */
export const adminAccess = <Admin extends AdminParty>(
  admins: readonly Admin[],
  scopeOf: (admin: Admin) => string,
): Access => ({
  name: 'admin',
  authentication: 'required',
  sources: [{ kind: 'bearer' }],
  profiles: Map.groupBy(
    admins.map(({ profile }) => profile),
    ({ issuer }) => issuer,
  ),
  requirement: { kind: 'any', of: admins.map((admin) => ofIssuer(admin, scopeOf(admin))) },
  revocation: {
    mode: 'strict',
    maxStalenessSeconds: 0,
    onUnavailable: 'reject',
    timeoutMs: REVOCATION_TIMEOUT_MS,
  },
});

const ofIssuer = ({ profile }: AdminParty, scope: string): Requirement => ({
  kind: 'all',
  of: [
    { kind: 'equals', name: 'iss', path: ['iss'], value: profile.issuer },
    { kind: 'scope', values: [scope], match: 'all' },
  ],
});
