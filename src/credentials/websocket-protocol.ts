import { err, type Result } from '../core/result.ts';
import type { WebSocketProtocolSource } from '../core/token-source.ts';
import { tokenText } from './token-text.ts';
import { isWebSocketHandshake } from './websocket-handshake.ts';

const HEADER = 'sec-websocket-protocol';

/**
 * The token among the subprotocols that a WebSocket handshake offers (RFC 6455 §4.1), the only header a script can
 * write there: the one after the source's name, or what follows the name in base64url. On any other request the
 * header means nothing. Twice: `credentials_multiple`. The name without a token: `credentials_malformed`; so is the form
 * `rest` with no other subprotocol: a browser wants one of them selected, and selecting this one would send the token back.
 */
export function findInProtocols(
  source: WebSocketProtocolSource,
  { method, headers }: { readonly method: string; readonly headers: Headers },
  maxTokenBytes: number,
): Result<string> {
  const offered = isWebSocketHandshake(method, headers) ? protocolsOf(headers) : [];
  const places = offered.flatMap((protocol, index) => (isMarker(source, protocol) ? [index] : []));
  const [place] = places;
  if (place === undefined) return err({ reason: 'credentials_missing' });
  const { name, form } = source;
  if (places.length > 1) return err({ reason: 'credentials_multiple', evidence: `${name} twice` });
  if (form === 'next') return tokenText(offered[place + 1] ?? '', name, maxTokenBytes);
  if (offered.length < 2) return err({ reason: 'credentials_malformed', evidence: 'no other subprotocol' });
  const encoded = (offered[place] as string).slice(name.length);
  // Four characters hold three octets.
  if (encoded.length > Math.ceil(maxTokenBytes / 3) * 4) {
    return err({ reason: 'token_too_large', evidence: name });
  }
  const token = decoded(encoded);
  return token === undefined
    ? err({ reason: 'credentials_malformed', evidence: name })
    : tokenText(token, name, maxTokenBytes);
}

/** Takes name and token out of what is offered to the origin, whatever the request is. */
export function removeProtocols(source: WebSocketProtocolSource, headers: Headers): void {
  if (!headers.has(HEADER)) return;
  const offered = protocolsOf(headers);
  const rest = offered.filter((protocol, index) => {
    const isToken = source.form === 'next' && index > 0 && isMarker(source, offered[index - 1] as string);
    return !isToken && !isMarker(source, protocol);
  });
  if (rest.length === offered.length) return;
  if (rest.length === 0) headers.delete(HEADER);
  else headers.set(HEADER, rest.join(', '));
}

/**
 * The answer to a handshake that offered the source's name, where the origin has selected no subprotocol: it selects the
 * name. A browser fails a connection that selects none of those it offered (WebSockets Standard, "establish a WebSocket
 * connection"). undefined: the answer is right as it is.
 */
export function selectProtocol(
  source: WebSocketProtocolSource,
  offered: Headers,
  answer: Response,
): Response | undefined {
  if (answer.webSocket === null || source.form === 'rest' || answer.headers.has(HEADER)) return undefined;
  if (!protocolsOf(offered).includes(source.name)) return undefined;
  const headers = new Headers(answer.headers);
  headers.set(HEADER, source.name);
  return new Response(null, { status: answer.status, headers, webSocket: answer.webSocket });
}

/** Lines sent apart are one list (RFC 6455 §11.3.4), which may have empty members (RFC 9110 §5.6.1.2). */
const protocolsOf = (headers: Headers): readonly string[] =>
  (headers.get(HEADER) ?? '')
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== '');

const isMarker = ({ name, form }: WebSocketProtocolSource, protocol: string): boolean =>
  form === 'next' ? protocol === name : protocol.startsWith(name);

function decoded(text: string): string | undefined {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: 'base64url' });
    return text.includes('=')
      ? undefined
      : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
