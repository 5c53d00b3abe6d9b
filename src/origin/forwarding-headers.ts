import type { OriginHeaders } from '../core/principal.ts';

/** Where a request came from and how it was addressed, as the gateway itself saw it. */
export interface RequestSource {
  /** `CF-Connecting-IP` of the request as received; null where Cloudflare did not say. */
  readonly clientAddress: string | null;
  readonly scheme: 'http' | 'https';
  /** The authority the request was routed by, as sent, port included. */
  readonly host: string;
}

/** IPv4, IPv6 (RFC 5952) and nothing that a header list or a log line could be built from. */
const IP_ADDRESS = /^[0-9A-Fa-f:.]{2,45}$/;

/**
 * Sets `X-Forwarded-For`, `-Proto` and `-Host` to what this gateway saw; nothing of the client's own survives.
 * Does not check that `CF-Connecting-IP` comes from Cloudflare: elsewhere than behind its edge a client may write it.
 */
export function setForwardingHeaders(headers: OriginHeaders, source: RequestSource): void {
  if (source.clientAddress !== null && IP_ADDRESS.test(source.clientAddress)) {
    headers.set('X-Forwarded-For', source.clientAddress);
  }
  headers.set('X-Forwarded-Proto', source.scheme);
  headers.set('X-Forwarded-Host', source.host);
}
