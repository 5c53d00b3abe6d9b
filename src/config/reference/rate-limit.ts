import type { failedAuthenticationLimitTable, rateLimitTable } from '../rate-limit-tables.ts';
import type { KeyReferences } from './key-reference.ts';

export const RATE_LIMIT_KEYS: KeyReferences<typeof rateLimitTable> = {
  by: {
    byDefault: 'required',
    why: 'Whose requests are counted together: those of one `"subject"`, `"client"` (`client_id`, else `azp`), `"tenant"` (the issuer\'s `tenant_claim`), `"issuer"`, value of a `"claim"`, or `"address"` (an IPv4 address, the /64 of an IPv6 one). Tokens that lack it share one count for each issuer. `"address"` is counted before the token is looked at, everything else after the request has been allowed.',
    example: 'by = "client"',
  },
  claim: {
    byDefault: 'none',
    why: 'Beside `by = "claim"`: which.',
    example: 'claim = "/org/id"',
    beside: 'by = "claim"',
  },
  limit: {
    byDefault: 'required',
    why: 'How many requests pass in a period.',
    example: 'limit = 1000',
  },
  period: {
    byDefault: 'required',
    why: '`"10s"` or `"60s"`, the periods that a binding can have; up to a day where `exact = true`.',
    example: 'period = "10s"',
  },
  binding: {
    byDefault: 'none',
    why: 'The `[[ratelimits]]` binding that counts, with the same limit and period; the checker holds them against each other. Routes that name one binding share its counts. A binding counts for each Cloudflare location apart, nearly, and costs no round trip.',
    example: 'binding = "ORDERS_LIMIT"',
  },
  exact: {
    byDefault: '`false`',
    why: 'Count in a Redis instead: exact over all locations, over any period, at the price of a round trip for each request. Needs the secrets `RATE_LIMIT_REDIS_REST_URL` and `RATE_LIMIT_REDIS_REST_TOKEN`; the token must write, so it is not that of the deny-list, which only reads.',
    example: 'exact = true',
  },
  on_unavailable: {
    byDefault: '`"accept"`',
    why: 'When the counter does not answer: let the request pass, with an event, or answer 503. A limit spares the origin; who may pass has been decided without it.',
    example: 'on_unavailable = "reject"',
  },
  timeout: {
    byDefault: '`"250ms"`',
    why: "For the counter's answer.",
    example: 'timeout = "100ms"',
  },
};

export const FAILED_AUTHENTICATION_LIMIT_KEYS: KeyReferences<typeof failedAuthenticationLimitTable> = {
  limit: {
    byDefault: 'required',
    why: 'How many failed authentications of an address go by in a period.',
    example: 'limit = 20',
  },
  period: {
    byDefault: 'required',
    why: '`"10s"` or `"60s"`. For as long the address is then held off.',
    example: 'period = "10s"',
  },
  binding: {
    byDefault: 'required',
    why: 'The `[[ratelimits]]` binding that counts, with the same limit and period.',
    example: 'binding = "ORDERS_LIMIT"',
  },
};
