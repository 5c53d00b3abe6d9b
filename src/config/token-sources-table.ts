import * as z from 'zod/mini';
import { parseAllowedOrigin } from './allowed-origin.ts';
import { flag, listOf, oneOf, parsed, table, text } from './fields.ts';
import { parseLogin } from './login-url.ts';

const SOURCES =
  '"bearer", or one of { header = "…" }, { cookie = "…" }, { query = "…" }, { websocket_protocol = "…" }';

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

export const tokenSourceTable = table({
  header: z.optional(
    text('a header name of letters, digits and "-"', (value) => /^[A-Za-z0-9-]{1,64}$/.test(value)),
  ),
  scheme: z.optional(
    text('an authentication scheme (RFC 9110 §11.1), such as "Token"', (value) => TOKEN.test(value)),
  ),
  padded: z.optional(flag()),
  cookie: z.optional(
    parsed(
      'a cookie name of letters, digits, "_", "-" and ".", such as "__Host-access"',
      (value) => (/^[\w.-]{1,64}$/.test(value) && !isMiscasedPrefix(value) ? value : undefined),
      (value) =>
        isMiscasedPrefix(value) ? 'browsers write the prefixes "__Host-" and "__Secure-"' : undefined,
    ),
  ),
  allowed_origins: z.optional(
    listOf(
      text(
        'an https origin (http only on this machine) such as "https://app.example": scheme, host and port as a browser writes them',
        isOrigin,
      ),
      'a list of origins, at least one',
    ),
  ),
  query: z.optional(
    text('the name of a query parameter: letters, digits, "_" and "-"', (value) =>
      /^[A-Za-z][\w-]{0,63}$/.test(value),
    ),
  ),
  websocket_protocol: z.optional(
    text('the name of a WebSocket subprotocol, such as "bearer"', (value) => TOKEN.test(value)),
  ),
});

export const tokenSources = listOf(
  z.union([oneOf(['bearer']), tokenSourceTable], { error: SOURCES }),
  `a list of places: ["bearer", { cookie = "__Host-access" }]`,
);

export const onUnauthenticatedTable = table({
  redirect: z.optional(
    parsed(
      'an https URL (http only to localhost) with {url} once, as a value in its query: "https://login.example/?return_to={url}"',
      parseLogin,
    ),
  ),
});

export type TokenSourceTable = z.output<typeof tokenSourceTable>;

function isMiscasedPrefix(name: string): boolean {
  const [, prefix] = /^(__(?:host|secure)-)/i.exec(name) ?? [];
  return prefix !== undefined && prefix !== '__Host-' && prefix !== '__Secure-';
}

/** A page over plain http may be that of anybody on the way. */
function isOrigin(value: string): boolean {
  const origin = parseAllowedOrigin(value);
  return typeof origin === 'object' && 'exact' in origin && /^https?:/.test(value);
}
