import { type KeysAddress, parseUrl } from './endpoint.ts';
import { isPlainText } from './fields.ts';
import { readTemplate } from './issuer-template.ts';
import { isPlaceholder, NOT_FILLED_IN } from './placeholder.ts';

export const ISSUER =
  'the exact text of the "iss" claim, without wildcard; or a URL with one placeholder, "{claim}", as one whole segment of its path';

export const parseIssuer = (text: string): string | undefined =>
  isPlainText(text) && (!/[*{}<>]/.test(text) || readTemplate(text) !== undefined) ? text : undefined;

export function issuerHint(text: string): string | undefined {
  if (/\$\{|\{\{/.test(text)) return NOT_FILLED_IN;
  if (/[*{}<>]/.test(text))
    return 'one table for each issuer, or tenant, with its own "iss" as its tokens have it';
  const meant = text.trim();
  return meant === text || meant === '' ? undefined : mean(meant);
}

/** For an issuer whose keys cannot be discovered from it. */
export function discoveryHint(issuer: string): string {
  if (isPlaceholder(issuer)) return NOT_FILLED_IN;
  const others = 'or give jwks_uri, jwks or hmac_secret';
  return /^[\w-]+(?:\.[\w-]+)+(?:[:/]|$)/.test(issuer) ? `${mean(`https://${issuer}`)} ${others}` : others;
}

/** What is there, in words, what should be, and what was meant perhaps. */
export interface AddressDoubt {
  readonly key: 'issuer' | 'jwks_uri';
  readonly found: string;
  readonly allowed: string;
  readonly hint: string | undefined;
}

const METADATA = /\/\.well-known\/(?:openid-configuration|oauth-authorization-server)(?=\?|$)/;

/** Entra ID's addresses for more tenants than one: its tokens name the one they are of. */
const ANY_TENANT =
  /^(https:\/\/login\.(?:partner\.)?microsoftonline\.[a-z]+\/)(?:common|organizations|consumers)(?=\/|$)/i;

/** Google's certificates in a form of its own, and where the key sets of the same keys are. */
const GOOGLE_KEYS: readonly (readonly [certificates: RegExp, keySet: string])[] = [
  [/^\/robot\/v1\/metadata\/x509\//, '/service_accounts/v1/jwk/'],
  [/^\/oauth2\/v[12]\/certs$/, '/oauth2/v3/certs'],
];

/** Addresses that are well-formed and cannot do: no token has such an `iss`, or no key set is there. */
export function addressFaults(
  issuer: string | undefined,
  keys: KeysAddress | undefined,
): readonly AddressDoubt[] {
  const faults: AddressDoubt[] = [];
  const wrong = (key: AddressDoubt['key'], found: string, allowed: string, hint?: string) =>
    faults.push({ key, found, allowed, hint });
  if (issuer !== undefined && METADATA.test(issuer)) {
    const allowed = 'the exact text of the "iss" claim; where the metadata is follows from it';
    wrong('issuer', 'the address of metadata', allowed, mean(issuer.replace(METADATA, '')));
  }
  if (issuer !== undefined && ANY_TENANT.test(issuer)) {
    const allowed =
      'the "iss" of tokens, which names their tenant and not "common", "organizations" or "consumers"';
    wrong('issuer', 'an address for any tenant', allowed, mean(issuer.replace(ANY_TENANT, '$1{tid}')));
  }
  if (keys !== undefined && METADATA.test(keys.text)) {
    const allowed = 'the address of a key set; without jwks_uri it is found by the metadata';
    wrong('jwks_uri', 'the address of metadata', allowed);
  }
  const url = keys && parseUrl(keys.text);
  for (const [certificates, keySet] of url?.host === 'www.googleapis.com' ? GOOGLE_KEYS : []) {
    if (url === undefined || !certificates.test(url.pathname)) continue;
    const meant = url.origin + url.pathname.replace(certificates, keySet);
    wrong('jwks_uri', 'the address of certificates', 'the address of a key set', mean(meant));
  }
  return faults;
}

/** An issuer that is mostly written otherwise: `iss` is compared exactly, a slash and letter case included. */
export function issuerDoubt(issuer: string): AddressDoubt | undefined {
  const url = parseUrl(issuer);
  if (url === undefined) return undefined;
  const [, authority = '', rest = ''] = /^(https?:\/\/[^/?]*)(.*)$/is.exec(issuer) ?? [];
  const of = { key: 'issuer', found: JSON.stringify(issuer) } as const;
  if (authority !== url.origin) {
    const allowed =
      'the exact text of "iss", where a host mostly is in lower case, without a default port and in punycode';
    return { ...of, allowed, hint: mean(url.origin + rest) };
  }
  if (url.hostname.endsWith('.auth0.com') && rest === '') {
    const allowed = 'the exact text of "iss", which ends with a slash there';
    return { ...of, allowed, hint: mean(`${issuer}/`) };
  }
  return undefined;
}

const mean = (text: string): string => `did you mean ${JSON.stringify(text)}?`;
