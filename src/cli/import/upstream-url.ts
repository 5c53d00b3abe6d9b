import type { Losses } from './losses.ts';
import type { Upstream } from './model.ts';

/**
 * An origin as a route has it. Plain http to another machine becomes https, and that is told: identity headers must not
 * cross a network in the clear unless somebody says so.
 */
export function upstreamOf(
  address: string,
  { line, what, losses }: { readonly line: number; readonly what: string; readonly losses: Losses },
): Upstream {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.search !== '' ||
    url.username !== '' ||
    url.password !== ''
  ) {
    losses.add(
      line,
      what,
      `${shownAddress(address)} is no http or https URL that an origin can be`,
      'origin left out, so that check asks for it',
    );
    return { origin: undefined };
  }
  const path = url.pathname.replace(/\/$/, '');
  const isLocal = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'https:' || isLocal) return { origin: `${url.origin}${path}` };
  losses.add(
    line,
    what,
    `${url.origin} is plain http`,
    'written as https; in a private network, allow_http names the host instead',
  );
  return { origin: `https://${url.host}${path}` };
}

/** For a report: without a name and password, and without a query, where secrets may stand. */
export const shownAddress = (address: string): string =>
  JSON.stringify(address.replace(/^([a-z0-9+.-]*:\/\/)?[^/?#]*@/i, '$1…@').replace(/[?#].*$/s, '?…'));
