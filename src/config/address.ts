import type { OriginTarget, RouteHost } from '../core/policy.ts';
import { parseEndpoint } from './endpoint.ts';

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

/** `https://host[:port]` with nothing after it, or `service:BINDING`. */
export function parseOrigin(text: string): OriginTarget | undefined {
  const service = /^service:([A-Za-z_]\w{0,127})$/.exec(text)?.[1];
  if (service !== undefined) return { kind: 'service', binding: service };
  const url = parseEndpoint(text);
  if (url === undefined || !/^https?:\/\/[^/?]+$/i.test(text)) return undefined;
  return { kind: 'url', origin: url.origin };
}

/** The origin alone, where a path or query follows it. */
export function originHint(text: string): string | undefined {
  const url = parseEndpoint(text);
  return url && `did you mean ${JSON.stringify(url.origin)}?`;
}
