/** Longest host name (RFC 1035 §2.3.4: 255 octets on the wire), with room for a trailing dot and a port. */
const MAX_AUTHORITY_LENGTH = 260;

const NAME_AND_PORT = /^([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::([0-9]{0,5}))?$/i;
const IPV6_AND_PORT = /^(\[[0-9a-f:]+(?:[0-9]+(?:\.[0-9]+){3})?\])(?::([0-9]{0,5}))?$/i;
const LAST_LABEL_IS_NUMBER = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/;
const DOTTED_QUAD = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/**
 * The host of a `Host` value or URL authority (RFC 9110 §7.2, RFC 3986 §3.2.2): lower case, without port and trailing
 * dot; undefined when it is anything but a plain name, an IPv4 address or a bracketed IPv6 address with an optional
 * port. User information, escapes, lists (a `Host` sent twice), and numbers that some parsers read as IPv4 (`0x7f.1`)
 * are refused. An IPv6 address is respelt as the URL parser spells it, which is how a route's host must be written, so
 * that no other spelling of it misses that route. Does not check that the name exists.
 */
export function hostOfAuthority(authority: string): string | undefined {
  if (authority.length > MAX_AUTHORITY_LENGTH) return undefined;
  const match = NAME_AND_PORT.exec(authority) ?? IPV6_AND_PORT.exec(authority);
  const host = match?.[1]?.toLowerCase();
  if (host === undefined || Number(match?.[2] ?? 0) > 65_535) return undefined;
  if (host.startsWith('[')) return URL.parse(`http://${host}`)?.hostname;
  return LAST_LABEL_IS_NUMBER.test(host) && !DOTTED_QUAD.test(host) ? undefined : host;
}
