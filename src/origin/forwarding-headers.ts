import type { OriginHeaders } from '../core/principal.ts';

/** Where a request came from and how it was addressed, as the gateway itself saw it. */
export interface RequestSource {
  /** undefined where Cloudflare did not say. */
  readonly clientAddress: string | undefined;
  readonly scheme: 'http' | 'https';
  /** The authority the request was routed by, as sent, port included. */
  readonly host: string;
}

/**
 * Sets `X-Forwarded-For`, `-Proto` and `-Host` to what this gateway saw; nothing of the client's own survives.
 * Does not check the address: `receive` has.
 */
export function setForwardingHeaders(headers: OriginHeaders, source: RequestSource): void {
  if (source.clientAddress !== undefined) {
    headers.set('X-Forwarded-For', source.clientAddress);
  }
  headers.set('X-Forwarded-Proto', source.scheme);
  headers.set('X-Forwarded-Host', source.host);
}
