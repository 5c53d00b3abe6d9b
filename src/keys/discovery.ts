import type { JsonObject } from '../core/jose.ts';
import { err, ok, type Result } from '../core/result.ts';

export type DiscoveryFault = 'issuer_not_a_url' | 'metadata_issuer_mismatch' | 'metadata_jwks_uri';

/**
 * Where an issuer's metadata is: OpenID Connect Discovery 1.0 §4 appends to the issuer's path, RFC 8414 §3.1
 * inserts before it. Both drop one terminating slash first. undefined: an issuer with a query or fragment, or no
 * URL at all, has no metadata.
 */
export const metadataUrl = (issuer: string, format: 'openid' | 'oauth'): string | undefined => {
  if (/[?#]/.test(issuer) || !URL.canParse(issuer)) return undefined;
  const url = new URL(issuer);
  const path = url.pathname.replace(/\/$/, '');
  return format === 'openid'
    ? `${url.origin}${path}/.well-known/openid-configuration`
    : `${url.origin}/.well-known/oauth-authorization-server${path}`;
};

/**
 * Reads `jwks_uri` from a metadata document whose `issuer` is the configured one, code point by code point
 * (OpenID Connect Discovery 1.0 §4.3, RFC 8414 §3.3). It does not check that the two share a host: they need not.
 */
export const jwksUriOf = (
  metadata: JsonObject,
  issuer: string,
  httpHosts: ReadonlySet<string>,
): Result<string, DiscoveryFault> => {
  if (metadata.issuer !== issuer) return err('metadata_issuer_mismatch');
  const uri = metadata.jwks_uri;
  if (typeof uri !== 'string' || !isAcceptable(uri, issuer, httpHosts)) return err('metadata_jwks_uri');
  return ok(uri);
};

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * https without credentials or fragment; plain http to a host that the configuration names, and to this machine only for
 * an issuer that is itself there.
 */
const isAcceptable = (uri: string, issuer: string, httpHosts: ReadonlySet<string>): boolean => {
  if (/[\s\\#\p{Cc}]/u.test(uri) || !URL.canParse(uri)) return false;
  const url = new URL(uri);
  if (url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'http:' && httpHosts.has(url.host)) return true;
  return url.protocol === 'https:' || (isLocal(url) && isLocal(new URL(issuer)));
};

const isLocal = (url: URL): boolean => url.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname);
