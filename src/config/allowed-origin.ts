import type { OriginWildcard } from '../core/answer-policy.ts';
import { quoted } from './problem.ts';

/** An origin that may read, as configured. */
export type AllowedOrigin = 'any' | { readonly exact: string } | OriginWildcard;

/** Schemes of browsers' extensions and of web views, whose origins have no port. */
const OWN_SCHEME =
  /^(?!(?:https?|file|data|blob|about|javascript|ws|wss|ftp):)[a-z][a-z0-9+.-]*:\/\/[a-z0-9][a-z0-9._-]*$/;
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$|\.localhost$/;
const WILDCARD = /^(https:\/\/)\*(\.[a-z0-9_-]+(?:\.[a-z0-9_-]+)+(?::\d+)?)$/;

/**
 * An origin as a browser writes it (RFC 6454 §6.2): scheme, host and a port that is not the default one; `*` as the
 * first label of a host with at least two more; `*` alone. http is for this machine: elsewhere anybody on the way may
 * be that page.
 */
export function parseAllowedOrigin(text: string): AllowedOrigin | undefined {
  if (text === '*') return 'any';
  const [, before, after] = WILDCARD.exec(text) ?? [];
  if (before !== undefined && after !== undefined) {
    return isWritten(`${before}a${after}`) ? { before, after } : undefined;
  }
  return isWritten(text) || OWN_SCHEME.test(text) ? { exact: text } : undefined;
}

function isWritten(text: string): boolean {
  const url = /^https?:\/\/[^*]+$/.test(text) ? URL.parse(text) : null;
  return url !== null && url.origin === text && (url.protocol === 'https:' || LOOPBACK.test(url.hostname));
}

export function allowedOriginHint(text: string): string | undefined {
  if (text === 'null') return 'any sandboxed frame and any file has the origin "null"';
  const url = URL.parse(text);
  const meant = url !== null && /^https?:$/.test(url.protocol) && isWritten(url.origin) ? url.origin : text;
  return meant === text ? undefined : `did you mean ${quoted([meant])}?`;
}
