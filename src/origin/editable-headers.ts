import { foldHeaderName } from '../core/fold-header-name.ts';
import { isHopByHop, isReserved, mappingFault } from './reserved-headers.ts';

/** What frames a message, or says how its content is coded: the runtime's business, in both directions. */
const FRAMING: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-range',
  'transfer-encoding',
  'proxy-status',
]);
/** What the gateway sets on every request (`origin/forwarding-headers.ts`). */
const OWN: ReadonlySet<string> = new Set(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']);
/** The gateway's own, Cloudflare's, and the handshake's. */
const OWN_PREFIX = /^(?:x-portcullis|cf|cdn-loop|sec-websocket)(?:-|$)/;

/**
 * Why a route may not change this header in this way, or undefined when it may: `framing` of the message or the
 * connection; `own`, written by the gateway or Cloudflare; `spelling`, another one than the standard's; `stripped` from
 * every client's request, so that its removal would have no effect.
 * Does not check that the name is a token (RFC 9110 §5.1), nor what a value does to the origin or the client.
 */
export function editFault(
  header: string,
  direction: 'request' | 'response',
  action: 'set' | 'append' | 'remove',
): 'framing' | 'own' | 'spelling' | 'stripped' | undefined {
  const name = header.toLowerCase();
  const folded = foldHeaderName(header);
  if (FRAMING.has(folded) || isHopByHop(folded)) return 'framing';
  if (OWN_PREFIX.test(folded) || (direction === 'request' && OWN.has(folded))) return 'own';
  if (mappingFault(header) === 'standard' && name !== folded) return 'spelling';
  if (direction === 'response') {
    // Every cookie is a line of its own (RFC 6265 §3): setting one would drop the others.
    return folded === 'set-cookie' && action === 'set' ? 'own' : undefined;
  }
  return action === 'remove' && isReserved(folded) ? 'stripped' : undefined;
}

/**
 * Whether clients' copies of a header that some route sets must go on every route: a header of the operator's own, which
 * origins believe. One with a standard meaning is replaced where it is set, and the client's own elsewhere.
 */
export const isStrippedWhereSet = (header: string): boolean => mappingFault(header) === undefined;
