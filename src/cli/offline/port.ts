import type { JsonObject } from '../../core/jose.ts';
import type { Policy } from '../../core/policy.ts';
import type { Clock, NumericDate } from '../../core/time.ts';
import type { Explanation } from '../../telemetry/explanation.ts';
import type { RequestEvent } from '../../telemetry/request-event.ts';
import type { StandInKeys } from '../stand-in/keys.ts';

/** A request as a client sends it: nothing in it is tidied up, the URL least of all. */
export interface ClientRequest {
  readonly method: string;
  /** `https://host[:port]/path?query`, as on the wire. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string | undefined;
}

interface SentHeaders {
  get(name: string): string | null;
}

/** What became of it. */
export interface Outcome {
  readonly response: { readonly status: number; readonly headers: SentHeaders };
  readonly event: RequestEvent;
  /** What the origin was asked; undefined: nothing. */
  readonly asked: { readonly url: string; readonly headers: SentHeaders } | undefined;
}

export interface OfflineOptions {
  readonly keys: StandInKeys;
  readonly clock: Clock;
  /** Names of the deny-list, as `revocationKey` makes them, of everything that is revoked. */
  readonly revoked: ReadonlySet<string>;
}

export type AskOffline = (
  policy: Policy,
  request: ClientRequest,
  options: OfflineOptions,
) => Promise<Outcome>;

/** A gateway to ask one request after another, none before the last is answered. */
export type OpenOffline = (
  policy: Policy,
  options: OfflineOptions,
) => (request: ClientRequest) => Promise<Outcome>;

/** The gateway is written against the types of the Workers runtime, which do not go with Node's in one program. */
const GATEWAY: string = './gateway.ts';

/** The gateway's own pipeline, offline (see `gateway.ts`). */
export async function loadAskOffline(): Promise<AskOffline> {
  return (await loadGateway()).askOffline;
}

export async function loadOpenOffline(): Promise<OpenOffline> {
  return (await loadGateway()).openOffline;
}

const loadGateway = (): Promise<{ readonly askOffline: AskOffline; readonly openOffline: OpenOffline }> =>
  import(GATEWAY);

/** Where the keys of issuers that publish them come from; those written in the policy, and secrets, are at hand. */
export type ExplainKeys = 'issuers' | 'none' | { readonly jwks: JsonObject };

export interface ExplainOfflineOptions {
  /** What the Worker would be given: secrets above all. */
  readonly bindings: Readonly<Record<string, unknown>>;
  readonly keys: ExplainKeys;
  readonly fetch: (url: string, init?: object) => Promise<unknown>;
  /** Seconds since 1970: when the request is judged. */
  readonly now: NumericDate;
}

export type ExplainOffline = (
  policy: Policy,
  request: ClientRequest,
  options: ExplainOfflineOptions,
) => Promise<Explanation>;

const EXPLAIN: string = './explain.ts';

/** See `explain.ts`. */
export async function loadExplainOffline(): Promise<ExplainOffline> {
  const explain: { readonly explainOffline: ExplainOffline } = await import(EXPLAIN);
  return explain.explainOffline;
}
