import type { answerKeys } from '../answer-keys.ts';
import type { corsTable } from '../cors-table.ts';
import type { KeyReferences } from './key-reference.ts';

/** Of a route. */
export const ANSWER_KEYS: KeyReferences<{ readonly shape: typeof answerKeys }> = {
  enforce: {
    byDefault: '`"refuse"`',
    why: '`"report"`: decide as usual, refuse nobody. What would be refused reaches the origin without identity headers, and its event says why in `wouldRefuse`. The route is open while this stands; a warning says so. [shadow.md](shadow.md) tells more.',
    example: 'enforce = "report"',
  },
  cors: {
    byDefault: 'none',
    why: "Pages of which origins may read this route's answers; see below. Left out, the gateway says nothing of CORS, and what the origin says passes.",
    example: 'cors = { origins = ["https://app.example.com"] }',
  },
  resource_metadata: {
    byDefault: 'none',
    why: 'How clients find out where to log in for this route (RFC 9728); see below.',
    example: 'resource_metadata = { resource = "https://api.acme.example/orders" }',
  },
  rate_limit: {
    byDefault: 'none',
    why: 'How many requests one caller may make; see below.',
    example: 'rate_limit = { by = "subject", limit = 100, period = "60s", binding = "ORDERS_LIMIT" }',
  },
};

export const CORS_KEYS: KeyReferences<typeof corsTable> = {
  origins: {
    byDefault: 'required',
    why: 'Origins as browsers write them: `"https://app.example.com"`, without a path or slash, with a port only where it is not the default one. `"https://*.example.com"` is one label in that place, and needs at least two behind it. http to this machine only. `["*"]` is every page. `"null"` is refused: any sandboxed frame has it.',
    example: 'origins = ["https://app.example.com", "https://*.preview.example.com"]',
  },
  methods: {
    byDefault: 'those of the route',
    why: "Which of the route's methods pages may use. A route without `methods` has GET, HEAD, POST, PUT, PATCH and DELETE.",
    example: 'methods = ["GET"]',
  },
  headers: {
    byDefault: '`["Authorization", "Content-Type"]`',
    why: 'What a page may send beside the few headers that every page may. No `"*"`: it would not cover `Authorization`.',
    example: 'headers = ["Authorization", "Content-Type", "If-Match"]',
  },
  expose_headers: {
    byDefault: 'none',
    why: 'What a page may read of an answer. `WWW-Authenticate` and `Retry-After` are always among them.',
    example: 'expose_headers = ["ETag"]',
  },
  credentials: {
    byDefault: '`false`',
    why: 'Whether the user\'s cookies go along. Refused beside `["*"]`.',
    example: 'credentials = true',
  },
  max_age: {
    byDefault: '`"10m"`',
    why: 'How long a browser need not ask again. Chromium takes two hours at most.',
    example: 'max_age = "1h"',
  },
};
