import type { JsonObject, JsonValue } from '../core/jose.ts';
import type { RequestEvent } from './request-event.ts';
import type { Sink } from './sinks.ts';

/** Fields that become several attributes, or one of another form. */
type Special = 'event' | 'method' | 'host';

/**
 * What each field is called by OpenTelemetry's semantic conventions (HTTP, client, server, URL, error; `trace_id` as
 * in log formats other than OTLP). What they have no name for stands under a prefix of ours.
 */
const ATTRIBUTES: { readonly [field in Exclude<keyof RequestEvent, Special>]: string } = {
  time: 'time',
  reference: 'trace_id',
  path: 'url.path',
  client: 'client.address',
  status: 'http.response.status_code',
  reason: 'error.type',
  ray: 'portcullis.ray',
  route: 'portcullis.route',
  decision: 'portcullis.decision',
  evidence: 'portcullis.evidence',
  wouldRefuse: 'portcullis.would_refuse',
  issuer: 'portcullis.issuer',
  audience: 'portcullis.audience',
  expiresAt: 'portcullis.expires_at',
  unverified: 'portcullis.unverified',
  kid: 'portcullis.kid',
  revocation: 'portcullis.revocation',
  replicaAgeSeconds: 'portcullis.replica_age_seconds',
  omitted: 'portcullis.omitted',
  verifyMs: 'portcullis.verify_ms',
  revocationMs: 'portcullis.revocation_ms',
  originMs: 'portcullis.origin_ms',
  totalMs: 'portcullis.total_ms',
};
const PAIRS = Object.entries(ATTRIBUTES) as [keyof typeof ATTRIBUTES, string][];

const METHOD = 'http.request.method';
const ORIGINAL_METHOD = 'http.request.method_original';
/** The conventions: any other method is `_OTHER`, so that a client cannot make names. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE'.split(' '),
);
const OTHER_METHOD = '_OTHER';

/** Requests under OpenTelemetry's names; every other event as it is. */
export const withOpenTelemetryNames =
  (to: (line: object) => void): Sink =>
  (event) =>
    to(isRequest(event) ? renamed(event) : event);

/** What is not there is left out, and so is the status of an answer that was not sent. */
function renamed(event: RequestEvent): Record<string, unknown> {
  const known = KNOWN_METHODS.has(event.method);
  const [, address = event.host, port] = /^(.*):(\d{1,5})$/.exec(event.host) ?? [];
  const line: Record<string, unknown> = {
    event: event.event,
    [METHOD]: known ? event.method : OTHER_METHOD,
    [ORIGINAL_METHOD]: known ? undefined : event.method,
    'server.address': address.replace(/^\[(.*)\]$/, '$1'),
    'server.port': port === undefined ? undefined : Number(port),
  };
  for (const [field, attribute] of PAIRS) {
    const value = event[field];
    if (value !== null && !(field === 'status' && value === 0)) line[attribute] = value;
  }
  return line;
}

/** The event of a request by the gateway's own names, whichever of the two a line of the log has. */
export function withOwnNames(line: JsonObject): JsonObject {
  if (!Object.hasOwn(line, METHOD)) return line;
  const {
    [METHOD]: method,
    [ORIGINAL_METHOD]: original,
    'server.address': address,
    'server.port': port,
  } = line;
  const name = typeof address === 'string' && address.includes(':') ? `[${address}]` : (address ?? '');
  const event: Record<string, JsonValue> = {
    ...(line.event === undefined ? {} : { event: line.event }),
    method: original ?? method ?? '',
    host: port === undefined ? name : `${name}:${port}`,
    route: null,
    reason: null,
    status: 0,
  };
  for (const [field, attribute] of PAIRS) {
    const value = Object.hasOwn(line, attribute) ? line[attribute] : undefined;
    if (value !== undefined) event[field] = value;
  }
  return event;
}

const isRequest = (event: Parameters<Sink>[0]): event is RequestEvent => event.event === 'request';
