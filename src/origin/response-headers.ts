/** What the runtime itself takes off every response (RFC 9110 §7.6.1). */
const CONSUMED = new Set(['close', 'keep-alive', 'upgrade', 'te', 'trailer', 'transfer-encoding', '']);
/** Meant for the gateway, if for anyone (RFC 9110 §11.7), and left in by the runtime. */
const CHALLENGE = 'Proxy-Authenticate';
const OBSOLETE = 'Proxy-Connection';

/** The response without hop-by-hop headers: the very same object when the runtime removes all there are. */
export function withoutHopByHop(response: Response): Response {
  const { headers } = response;
  const connection = headers.get('Connection');
  const nominated =
    connection === null || CONSUMED.has(connection)
      ? []
      : connection.split(',').flatMap((option) => nominatedHeader(option.trim(), headers));
  if (nominated.length === 0 && !headers.has(CHALLENGE) && !headers.has(OBSOLETE)) {
    return response;
  }
  const changed = new Response(response.body, response);
  for (const name of [CHALLENGE, OBSOLETE, ...nominated]) {
    changed.headers.delete(name);
  }
  return changed;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function nominatedHeader(option: string, headers: Headers): string[] {
  return !CONSUMED.has(option.toLowerCase()) && TOKEN.test(option) && headers.has(option) ? [option] : [];
}
