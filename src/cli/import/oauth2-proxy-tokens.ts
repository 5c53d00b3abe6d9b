import { type Access, REFUSED, withToken } from './access.ts';
import { claimName } from './claim-name.ts';
import { hostLabel } from './host-label.ts';
import { ASYMMETRIC, type IssuerTables } from './issuer-table.ts';
import type { PeerContext } from './peer.ts';
import { allOf, anyOf, issuedBy, not, type Requirement, textOrElement } from './requirement.ts';
import type { SourceTable } from './source-node.ts';

const named = (config: SourceTable, one: string): readonly string[] =>
  [...(config.texts(one) ?? []), ...(config.texts(`${one}s`) ?? [])].flatMap((text) => text.split(','));

/** What every request needs that no route lets through. */
export function guarded(config: SourceTable, issuers: IssuerTables, { losses }: PeerContext): Access {
  const extra = named(config, 'extra_jwt_issuer');
  const provider = config.text('provider') ?? 'google';
  const issuer =
    config.text('oidc_issuer_url') ?? (provider === 'google' ? 'https://accounts.google.com' : undefined);
  const jwks = config.text('oidc_jwks_url');
  const audience = [
    config.text('client_id') ?? [],
    ...(config.texts('oidc_extra_audience') ?? []),
    ...(config.texts('oidc_extra_audiences') ?? []),
  ].flat();
  const audienceClaims = named(config, 'oidc_audience_claim');
  const isTaken = config.flag('skip_jwt_bearer_tokens') === true;
  config.node('insecure_oidc_skip_issuer_verification');
  if (config.flag('insecure_oidc_skip_issuer_verification') === true)
    losses.add(
      config.lineOf('insecure_oidc_skip_issuer_verification'),
      'insecure_oidc_skip_issuer_verification',
      'the issuer is always compared',
      'compared',
    );
  config.flag('skip_oidc_discovery');
  if (!isTaken) {
    losses.add(
      config.lineOf('skip_jwt_bearer_tokens'),
      'skip_jwt_bearer_tokens',
      'it is not true: only sessions of a login pass there, and no token',
      'refused, but for what passes without a login. With the line in the file, tokens of the issuer would be let through',
    );
  }
  const [claim, ...more] = audienceClaims;
  if (more.length > 0)
    losses.add(
      config.lineOf('oidc_audience_claims'),
      'oidc_audience_claims',
      'a table has one',
      `${claim} alone`,
    );
  const audienceClaim = claim === undefined || claim === 'aud' ? {} : { audience_claim: claim };
  const own =
    issuer === undefined
      ? undefined
      : issuers.add({
          label: hostLabel(issuer),
          line: config.lineOf('oidc_issuer_url'),
          issuer,
          audience,
          keys: {
            algorithms: ASYMMETRIC,
            clock_tolerance: '0s',
            ...(jwks === undefined ? {} : { jwks_uri: jwks }),
            ...audienceClaim,
          },
        });
  const others = extra.flatMap((text) => {
    const [, iss = '', aud = ''] = /^([^=]+)=([^=]+)$/.exec(text.trim()) ?? [];
    if (iss === '') {
      losses.add(config.lineOf('extra_jwt_issuers'), text, 'no issuer=audience', 'its tokens are not taken');
      return [];
    }
    return (
      issuers.add({
        label: hostLabel(iss),
        line: config.lineOf('extra_jwt_issuers'),
        issuer: iss,
        audience: [aud],
        keys: { algorithms: ASYMMETRIC, clock_tolerance: '0s', ...audienceClaim },
      }) ?? []
    );
  });
  const domains = named(config, 'email_domain');
  const groups = named(config, 'allowed_group');
  const isUnverified = config.flag('insecure_oidc_allow_unverified_email') === true;
  const emailClaim = config.text('oidc_email_claim') ?? 'email';
  const groupsClaim = config.text('oidc_groups_claim') ?? 'groups';
  const asked = (email: string, group: string, verifies: boolean): Requirement =>
    allOf([
      verifies ? VERIFIED : true,
      groups.length === 0 ? true : textOrElement(group, groups),
      inDomain(email, domains),
    ]);
  const isConfigurable = OIDC.has(provider);
  const ofOwn = isConfigurable
    ? asked(claimName(emailClaim), claimName(groupsClaim), emailClaim === 'email' && !isUnverified)
    : asked('email', 'groups', true);
  // Tokens of other issuers are read by fixed names there, whatever the options say.
  const ofOthers = asked('email', 'groups', true);
  const isRefused = [
    'authenticated_emails_file',
    'htpasswd_file',
    'github_org',
    'github_team',
    'google_group',
    'google_groups',
    'allowed_role',
    'allowed_roles',
    'keycloak_group',
    'gitlab_group',
    'github_users',
  ].filter((key) => config.has(key));
  for (const key of isRefused) {
    const widens = key === 'authenticated_emails_file' || key === 'htpasswd_file';
    losses.add(
      config.lineOf(key),
      key,
      'the list is not in the file, or a provider is asked',
      widens ? 'whom it lets in besides is not let in' : 'refused, but for what passes without a login',
    );
  }
  const isShut = isRefused.some((key) => key !== 'authenticated_emails_file' && key !== 'htpasswd_file');
  if (config.has('trusted_ips') || config.has('trusted_ip'))
    losses.add(
      config.lineOf('trusted_ips'),
      'trusted_ips',
      'no address is let through without a token',
      'left out',
    );
  if (domains.length === 0)
    losses.add(
      1,
      'email_domains',
      'there are none, so nobody is let in but by a list',
      'refused, but for what passes without a login',
    );
  if (!isTaken || isShut) return REFUSED;
  if (JSON.stringify(ofOwn) === JSON.stringify(ofOthers))
    return withToken(allOf([issuedBy([own ?? [], others].flat()), ofOwn]));
  return withToken(
    anyOf([own === undefined ? false : allOf([issuedBy([own]), ofOwn]), allOf([issuedBy(others), ofOthers])]),
  );
}

/** The claim may be left out. */
const VERIFIED: Requirement = anyOf([
  { claim: 'email_verified', equals: true },
  { claim: 'email_verified', exists: false },
]);

/** Providers whose tokens are read by `oidc_email_claim` and `oidc_groups_claim`. */
const OIDC: ReadonlySet<string> = new Set(['oidc', 'keycloak-oidc', 'entra-id', 'adfs', 'cidaas', 'gitlab']);

/** An address has one @ there, or is of no domain. A domain with another wildcard than at its beginning is a text there. */
function inDomain(email: string, domains: readonly string[]): Requirement {
  if (domains.includes('*')) return true;
  const suffixes = domains
    .map((domain) => (domain.startsWith('.') ? `*${domain}` : domain))
    .filter((domain) => /^(?:\*\.)?[^*@]+$/.test(domain));
  const fits = anyOf(suffixes.map((domain) => ({ claim: email, matches: `*@${domain}` })));
  return allOf([fits, not({ claim: email, matches: '*@*@*' })]);
}
