/** The first name of an issuer's host that says something. */
export function hostLabel(issuer: string): string {
  const host = URL.canParse(issuer) ? new URL(issuer).hostname : issuer;
  return host.replace(/^(?:www|id|login|accounts|auth|sso)\./, '').split('.')[0] ?? 'issuer';
}
