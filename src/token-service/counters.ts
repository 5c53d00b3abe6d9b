import type { OperationalEvent } from '../core/event.ts';
import { seriesKey } from '../metrics/batch.ts';
import type { MetricName } from '../metrics/catalog.ts';
import { SERVICE_EVENT_NAMES } from '../metrics/event-names.ts';
import type { Series, Sums } from '../metrics/sums.ts';
import type { EndReason } from './grants/family.ts';
import type { GrantAnswer } from './grants/record.ts';
import type { GrantName, ServicePolicy } from './policy.ts';

/** What a token was issued for: a grant of the token endpoint, or a session's cookies. */
export type IssuedFor = GrantName | 'session_login' | 'session_refresh';

export type LoginResult = 'completed' | 'refused' | 'invalid' | 'unavailable' | 'rate';

/** Whoever signs has changed in its turn, or a key was taken out of the set. */
export type KeyChange = 'rotated' | 'withdrawn';

const OTHER = 'other';

/** RFC 6749 §4.1.2.1, §5.2; RFC 7009 §2.2.1; RFC 8707 §2; OpenID Connect Core 1.0 §3.1.2.6. */
const ERRORS: ReadonlySet<string> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'invalid_scope',
  'invalid_target',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_response_type',
  'unsupported_token_type',
  'access_denied',
  'server_error',
  'temporarily_unavailable',
  'request_not_supported',
  'request_uri_not_supported',
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
]);

/** What an answer without an error code is called. */
const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  408: 'invalid_request',
  413: 'invalid_request',
  415: 'invalid_request',
  429: 'rate_limited',
  500: 'failed',
  503: 'unavailable',
};

/**
 * Counts what the token service does. A label's value is a path of its own, a name of its policy or one of a fixed set, so
 * no request adds a series that the policy does not know.
 */
export class ServiceCounters {
  readonly #sums: Sums;
  readonly #series = new Map<string, Series>();
  readonly #clients: ReadonlySet<string>;
  readonly #upstreams: ReadonlySet<string>;

  constructor({ clients, upstreams }: Pick<ServicePolicy, 'clients' | 'upstreams'>, sums: Sums) {
    this.#sums = sums;
    this.#clients = new Set([...clients.values()].map(({ name }) => name));
    this.#upstreams = new Set(upstreams.keys());
  }

  /** One answer of an endpoint. `endpoint`: a path of the shell's table. `error`: empty where there is none. */
  request(endpoint: string, error: string): void {
    this.#add('portcullis_token_service_requests', [endpoint, error]);
  }

  /** `client`: its table's name; undefined for sessions. */
  issued(issuedFor: IssuedFor, client?: string): void {
    const name = client === undefined || this.#clients.has(client) ? (client ?? '') : OTHER;
    this.#add('portcullis_tokens_issued', [issuedFor, name]);
  }

  refreshed(answer: GrantAnswer): void {
    this.#add('portcullis_refreshes', [refreshResult(answer)]);
  }

  ended(why: EndReason): void {
    this.#add('portcullis_grants_ended', [why]);
  }

  key(change: KeyChange): void {
    this.#add('portcullis_signing_key_changes', [change]);
  }

  login(upstream: string, result: LoginResult): void {
    this.#add('portcullis_logins', [this.#upstreams.has(upstream) ? upstream : OTHER, result]);
  }

  event({ event }: OperationalEvent): void {
    this.#add('portcullis_token_service_events', [SERVICE_EVENT_NAMES.has(event) ? event : OTHER]);
  }

  #add(metric: MetricName, labels: readonly string[]): void {
    const key = seriesKey(metric, labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = this.#sums.series(metric, labels);
      this.#series.set(key, series);
    }
    series.add(1);
  }
}

/** What became of a use of a refresh token. `reuse_detected`: this use has ended its grant. */
export function refreshResult(answer: GrantAnswer): string {
  if (answer.granted) return answer.repeated ? 'repeated' : 'rotated';
  switch (answer.ended) {
    case 'refresh_reused':
      return 'reuse_detected';
    case 'expired':
      return 'expired';
    case 'subject_revoked':
      return 'revoked';
    default:
      return answer.error === 'unavailable' ? 'unavailable' : 'refused';
  }
}

/** The error of an answer, one of a fixed set; empty where it is none. Reads a copy of a refusal's body. */
export async function errorOf(response: Response): Promise<string> {
  const { status, headers } = response;
  const location = headers.get('Location');
  if (location !== null) {
    const { searchParams: told } = new URL(location);
    return codeOf(told.get('error') ?? '');
  }
  if (status < 400) return '';
  const said = headers.get('Content-Type') === 'application/json' ? await response.clone().json() : {};
  const { error } = said as { readonly error?: unknown };
  return typeof error === 'string' ? codeOf(error) : (BY_STATUS[status] ?? OTHER);
}

const codeOf = (error: string): string => (error === '' || ERRORS.has(error) ? error : OTHER);
