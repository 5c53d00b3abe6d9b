/**
 * Whether a page of the session's own origin has sent this request: by `Sec-Fetch-Site` (W3C Fetch Metadata §2.1) and
 * `Origin` (RFC 6454 §7), whichever the browser sends; one of them must be there, and neither may say otherwise. Scripts set
 * neither. A sibling subdomain is the same site and another origin: it is refused.
 */
export function isSameOrigin({ headers }: Pick<Request, 'headers'>, origin: string): boolean {
  const site = headers.get('Sec-Fetch-Site');
  const from = headers.get('Origin');
  if (site !== null && site !== 'same-origin') return false;
  if (from !== null && from !== origin) return false;
  return site !== null || from !== null;
}
