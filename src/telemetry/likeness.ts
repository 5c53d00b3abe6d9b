import type { TokenSeen } from './explanation.ts';

/** In what a text differs from the nearest of those that would do; empty where it is another altogether. */
export function differenceText(found: string | null, expected: readonly string[]): string {
  if (found === null) return '';
  for (const wanted of expected) {
    if (found !== wanted && withoutSlash(found) === withoutSlash(wanted)) {
      const [longer, other] =
        found.length > wanted.length ? ['the token', 'the policy'] : ['the policy', 'the token'];
      return ` They differ in the slash at the end: ${longer} has it, ${other} has not.`;
    }
  }
  for (const wanted of expected) {
    if (found.toLowerCase() === wanted.toLowerCase()) return ' They differ in letter case alone.';
    if (found.trim() === wanted.trim()) return ' They differ in spaces alone.';
    if (found.replace(/^http:/, 'https:') === wanted.replace(/^http:/, 'https:')) {
      return ' One is http, the other https.';
    }
  }
  const version = entraVersion(found);
  const wanted = expected.map(entraVersion).find((each) => each !== undefined);
  if (version !== undefined && wanted !== undefined && version !== wanted) {
    return ` It is a token of Entra's version ${version}, and the policy has the issuer of version ${wanted}: "requestedAccessTokenVersion" in the manifest of the API's registration decides.`;
  }
  const host = hostOf(found);
  return host !== undefined && expected.some((wanted) => hostOf(wanted) === host)
    ? ' It is the same host with another path: another tenant, realm or version.'
    : '';
}

/** Entra's two kinds of access token differ in their `iss`; which an API gets is a setting of its registration. */
function entraVersion(issuer: string): 1 | 2 | undefined {
  if (/^https:\/\/sts\.windows\.net\/[^/]+\/$/.test(issuer)) return 1;
  return /^https:\/\/login\.microsoftonline\.com\/[^/]+\/v2\.0$/.test(issuer) ? 2 : undefined;
}

const withoutSlash = (text: string): string => text.replace(/\/$/, '');

const hostOf = (text: string): string | undefined => (URL.canParse(text) ? new URL(text).host : undefined);

/** What a token is by its own words, where it is no access token. */
export function kindOfToken({ header, claims }: Pick<TokenSeen, 'header' | 'claims'>): string | undefined {
  if (claims.typ === 'Refresh' || claims.typ === 'Offline')
    return 'a refresh token ("typ" is among its claims)';
  if (header.typ?.toLowerCase() === 'logout+jwt') return 'a logout token';
  if (claims.typ === 'ID') return 'an ID token ("typ" is among its claims)';
  if (claims.token_use === 'id') return 'an ID token ("token_use" is "id")';
  const mark = ['nonce', 'at_hash', 'c_hash', 's_hash'].find((name) => Object.hasOwn(claims, name));
  return mark === undefined ? undefined : `an ID token, by its claim "${mark}"`;
}
