import type { RouteHost } from '../core/policy.ts';
import { parseUrl } from './endpoint.ts';
import { isPlaceholder, NOT_FILLED_IN } from './placeholder.ts';

/** `api.example.com` or `*.example.com`: lower case, no port, no dot at the end, international names in punycode. */
export function parseHost(text: string): RouteHost | undefined {
  const wildcard = text.startsWith('*.');
  const value = wildcard ? text.slice(2) : text;
  if (value.length > 253 || value.endsWith('.') || /[^a-z0-9_.:[\]-]/.test(value)) return undefined;
  const url = URL.canParse(`http://${value}`) ? new URL(`http://${value}`) : undefined;
  if (url === undefined || url.hostname !== value || value.split('.').includes('')) return undefined;
  if (wildcard && /^[[\d.]+/.test(value) && !/[a-z]/.test(value)) return undefined;
  return { kind: wildcard ? 'wildcard' : 'exact', value };
}

/** The host alone of what has a scheme, a port or a path, as routes spell it; `*` is every host. */
export function hostHint(text: string): string | undefined {
  if (text === '*') return 'left out, it is any host';
  const [, wildcard = '', rest = ''] = /^(?:https?:\/\/)?(\*?\.)?(.*)$/is.exec(text.trim()) ?? [];
  const bare = /^[\da-f:]*:[\da-f:]*:[\da-f:.]*$/i.test(rest) ? `[${rest}]` : rest;
  const host = URL.parse(`http://${bare}`)?.hostname.replace(/\.$/, '') ?? '';
  const meant = wildcard === '' ? host : `*.${host}`;
  return parseHost(meant) === undefined ? undefined : `did you mean ${JSON.stringify(meant)}?`;
}

/** An origin as written: `base` is what follows the host, perhaps empty. */
export type WrittenOrigin =
  | { readonly kind: 'url'; readonly origin: string; readonly base: string }
  | { readonly kind: 'service'; readonly binding: string };

/** `https://host[:port]`, perhaps with a path, or `service:BINDING`. Does not check that the path is canonical. */
export function parseOrigin(text: string): WrittenOrigin | undefined {
  const service = /^service:([A-Za-z_]\w{0,127})$/.exec(text)?.[1];
  if (service !== undefined) return { kind: 'service', binding: service };
  const url = parseUrl(text);
  const base = /^https?:\/\/[^/?]+((?:\/[^/?]+)*)$/i.exec(text)?.[1];
  if (url === undefined || base === undefined) return undefined;
  return { kind: 'url', origin: url.origin, base };
}

/** Without the query or the slash that follows it, and with a scheme. */
export function originHint(text: string): string | undefined {
  if (isPlaceholder(text)) return NOT_FILLED_IN;
  if (/^[A-Za-z_]\w*$/.test(text)) return `for a service binding: ${JSON.stringify(`service:${text}`)}`;
  const isHost = /^[\w-]+(?:\.[\w-]+)*(?:[.:][\w-]+)(?:\/|$)/.test(text);
  const url = parseUrl(isHost ? `https://${text}` : text.replace(/^ws(?=s?:)/i, 'http'));
  return url && `did you mean ${JSON.stringify(url.origin + url.pathname.replace(/\/+$/, ''))}?`;
}
