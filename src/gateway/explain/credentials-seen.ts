import type { ReceivedRequest } from '../../core/received-request.ts';
import type { TokenSource } from '../../core/token-source.ts';
import { BEARER_SLIPS } from '../../telemetry/bearer-slips.ts';
import { shownText } from './shown-value.ts';

/** Where a route looks for a token, in words. */
export function sourceText(source: TokenSource): string {
  switch (source.kind) {
    case 'bearer':
      return 'Authorization: Bearer';
    case 'header':
      return `header ${source.name}${source.scheme === undefined ? '' : ` after "${source.scheme}"`}`;
    case 'cookie':
      return `cookie ${source.name}`;
    case 'query':
      return `query parameter ${source.name}`;
    case 'websocket_protocol':
      return `Sec-WebSocket-Protocol ${source.name}`;
  }
}

const LOOKS_LIKE_TOKEN = /^(?:bearer\s+)?eyJ[\w-]*\./i;
const SCHEME = /^([A-Za-z][\w-]{0,20})(?:\s|$)/;

/** Whatever of a request looks like credentials: places and schemes, never a value. */
export function credentialsSeen({
  headers,
  url,
}: Pick<ReceivedRequest, 'headers' | 'url'>): readonly string[] {
  const seen: string[] = [];
  for (const [name, value] of headers) {
    if (name === 'authorization') seen.push(authorizationText(value));
    else if (name === 'cookie') seen.push(...cookiesSeen(value));
    else if (LOOKS_LIKE_TOKEN.test(value)) seen.push(`a token in the header ${shownText(name)}`);
  }
  const query = url.split('#', 1)[0]?.split('?').slice(1).join('?') ?? '';
  for (const [name, value] of new URLSearchParams(query)) {
    if (LOOKS_LIKE_TOKEN.test(value)) seen.push(`a token in the query parameter ${shownText(name)}`);
  }
  return seen;
}

function authorizationText(value: string): string {
  if (LOOKS_LIKE_TOKEN.test(value) && !/^bearer\s/i.test(value))
    return 'Authorization with a token and no scheme';
  const slip = BEARER_SLIPS.find(({ form }) => form.test(value));
  if (slip !== undefined) return slip.found;
  const [, scheme] = SCHEME.exec(value) ?? [];
  if (scheme === undefined) return value === '' ? 'an empty Authorization' : 'Authorization without a scheme';
  return value.includes(' ') ? `Authorization: ${scheme}` : 'Authorization with one word';
}

const cookiesSeen = (value: string): readonly string[] =>
  value.split(';').flatMap((pair) => {
    const [name = '', ...rest] = pair.trim().split('=');
    const held = rest.join('=').replace(/^"/, '');
    return LOOKS_LIKE_TOKEN.test(held) ? [`a token in the cookie ${shownText(name)}`] : [];
  });
