import { CANARY } from '../core/canary.ts';
import type { OperationalEvent } from '../core/event.ts';
import type { Policy } from '../core/policy.ts';
import type { RequestEvent } from '../telemetry/request-event.ts';
import type { Sink } from '../telemetry/sinks.ts';
import { EVENT_NAMES } from './event-names.ts';
import type { Series, Sums } from './sums.ts';

const ALLOWED = 'allowed';
const OTHER = 'other';
/** What the gateway's own endpoints are called in events. */
const OWN_ROUTES = ['portcullis.resource-metadata', 'portcullis-status', CANARY.name];

/** The series of one route; each is made when it is first needed, and kept. */
interface OfRoute {
  readonly name: string;
  /** By issuer (undefined: none verified), then by reason. */
  readonly requests: Map<string | undefined, Map<string, Series>>;
  readonly wouldRefuse: Map<string, Series>;
  readonly responses: (Series | undefined)[];
  duration: Series | undefined;
}

/** What else an isolate counts: numbers that only grow. */
export interface Readings {
  readonly cacheHits: number;
  readonly cacheMisses: number;
  readonly answerHits: number;
  readonly answerMisses: number;
  readonly storeReads: number;
}

/**
 * Counts what the gateway's events tell. A label's value is a name of the policy or one of a fixed set, whatever a
 * request, a token or a newer event says, so the number of series has a bound that no client moves.
 */
export class GatewayCounters {
  readonly #sums: Sums;
  readonly #readings: () => Readings;
  readonly #routes = new Map<string | null, OfRoute>();
  readonly #unknown: OfRoute;
  readonly #issuers: ReadonlySet<string | undefined>;
  readonly #events = new Map<string, Map<string, Series>>();
  readonly #stages: { readonly [stage in 'verification' | 'revocation' | 'origin']: Series };
  readonly #checks: { readonly [result in NonNullable<RequestEvent['revocation']>]: Series };
  readonly #replicaAge: Series;
  readonly #growing: readonly { readonly series: Series; readonly of: keyof Readings; seen: number }[];

  constructor(
    { routes, issuers, candidate }: Pick<Policy, 'routes' | 'issuers' | 'candidate'>,
    sums: Sums,
    readings: () => Readings,
  ) {
    this.#sums = sums;
    this.#readings = readings;
    for (const name of [...routes.map((route) => route.name), ...OWN_ROUTES]) {
      this.#routes.set(name, newRoute(name));
    }
    this.#routes.set(null, newRoute(''));
    this.#unknown = newRoute(OTHER);
    const names = [...issuers, ...(candidate?.ownIssuers ?? [])].map((issuer) => issuer.name);
    this.#issuers = new Set([undefined, CANARY.name, ...names]);
    const stage = (name: string) => sums.series('portcullis_stage_duration_seconds', [name]);
    this.#stages = {
      verification: stage('verification'),
      revocation: stage('revocation'),
      origin: stage('origin'),
    };
    const check = (result: string) => sums.series('portcullis_revocation_checks', [result]);
    this.#checks = {
      checked: check('checked'),
      accepted_on_doubt: check('accepted_on_doubt'),
      off: check('off'),
    };
    this.#replicaAge = sums.series('portcullis_revocation_replica_age_seconds', []);
    this.#growing = [
      { series: sums.series('portcullis_token_cache_lookups', ['hit']), of: 'cacheHits', seen: 0 },
      { series: sums.series('portcullis_token_cache_lookups', ['miss']), of: 'cacheMisses', seen: 0 },
      { series: sums.series('portcullis_revocation_cache_lookups', ['hit']), of: 'answerHits', seen: 0 },
      { series: sums.series('portcullis_revocation_cache_lookups', ['miss']), of: 'answerMisses', seen: 0 },
      { series: sums.series('portcullis_revocation_store_reads', []), of: 'storeReads', seen: 0 },
    ];
  }

  readonly sink: Sink = (event) => {
    if (isRequest(event)) this.#request(event);
    else this.#event(event);
  };

  /** Adds what the readings have grown by. */
  read(): void {
    const readings = this.#readings();
    for (const growing of this.#growing) {
      const now = readings[growing.of];
      growing.series.add(now - growing.seen);
      growing.seen = now;
    }
  }

  #request(event: RequestEvent): void {
    const route = this.#routes.get(event.route) ?? this.#unknown;
    const issuer = this.#issuers.has(event.issuer) ? event.issuer : OTHER;
    this.#requests(route, issuer, event).addRequest(event.reference, event.time);
    this.#responses(route, event.status).add(1);
    if (event.wouldRefuse !== undefined) this.#wouldRefuse(route, event.wouldRefuse).add(1);
    if (event.totalMs !== undefined) this.#duration(route).observe(event.totalMs / 1e3);
    if (event.verifyMs !== undefined) this.#stages.verification.observe(event.verifyMs / 1e3);
    if (event.revocationMs !== undefined) this.#stages.revocation.observe(event.revocationMs / 1e3);
    if (event.originMs !== undefined) this.#stages.origin.observe(event.originMs / 1e3);
    if (event.revocation !== undefined) this.#checks[event.revocation].add(1);
    if (event.replicaAgeSeconds !== undefined) this.#replicaAge.observe(event.replicaAgeSeconds);
  }

  #requests(route: OfRoute, issuer: string | undefined, { decision, reason }: RequestEvent): Series {
    let ofIssuer = route.requests.get(issuer);
    if (ofIssuer === undefined) {
      ofIssuer = new Map();
      route.requests.set(issuer, ofIssuer);
    }
    // A reason has one decision, and a request that is allowed has no reason.
    const known = ofIssuer.get(reason ?? ALLOWED);
    if (known !== undefined) return known;
    const labels = [route.name, decision, reason ?? '', issuer ?? ''];
    const series = this.#sums.series('portcullis_requests', labels);
    ofIssuer.set(reason ?? ALLOWED, series);
    return series;
  }

  #responses(route: OfRoute, status: number): Series {
    const hundreds = status >= 100 && status < 600 ? Math.floor(status / 100) : 0;
    const known = route.responses[hundreds];
    if (known !== undefined) return known;
    const series = this.#sums.series('portcullis_responses', [
      route.name,
      hundreds === 0 ? 'none' : `${hundreds}xx`,
    ]);
    route.responses[hundreds] = series;
    return series;
  }

  #wouldRefuse(route: OfRoute, reason: string): Series {
    const known = route.wouldRefuse.get(reason);
    if (known !== undefined) return known;
    const series = this.#sums.series('portcullis_would_refuse', [route.name, reason]);
    route.wouldRefuse.set(reason, series);
    return series;
  }

  #duration(route: OfRoute): Series {
    route.duration ??= this.#sums.series('portcullis_request_duration_seconds', [route.name]);
    return route.duration;
  }

  #event({ event, issuer }: OperationalEvent): void {
    const name = EVENT_NAMES.has(event) ? event : OTHER;
    const from = typeof issuer !== 'string' ? '' : this.#issuers.has(issuer) ? issuer : OTHER;
    let ofEvent = this.#events.get(name);
    if (ofEvent === undefined) {
      ofEvent = new Map();
      this.#events.set(name, ofEvent);
    }
    const known = ofEvent.get(from);
    const series = known ?? this.#sums.series('portcullis_events', [name, from]);
    if (known === undefined) ofEvent.set(from, series);
    series.add(1);
  }
}

export const isRequest = (event: RequestEvent | OperationalEvent): event is RequestEvent =>
  event.event === 'request';

const newRoute = (name: string): OfRoute => ({
  name,
  requests: new Map(),
  wouldRefuse: new Map(),
  responses: [undefined, undefined, undefined, undefined, undefined, undefined],
  duration: undefined,
});
