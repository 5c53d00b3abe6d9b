import type { RouteHost } from '../core/policy.ts';
import { parseUrl } from './endpoint.ts';

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

/** Without the query or the slash that follows it. */
export function originHint(text: string): string | undefined {
  const url = parseUrl(text);
  return url && `did you mean ${JSON.stringify(url.origin + url.pathname.replace(/\/+$/, ''))}?`;
}
