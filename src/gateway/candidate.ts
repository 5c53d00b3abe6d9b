import type { RequestContext } from '../core/context.ts';
import type { KeyProvider } from '../core/policy.ts';
import type { ReceivedRequest } from '../core/received-request.ts';
import { evidenceOf, type RejectionReason, type RejectionState, stateOf } from '../core/rejection.ts';
import { type DecisionPorts, decide } from '../decision/decide.ts';
import type { KeySource } from '../keys/port.ts';
import { canonicalTarget } from '../routing/canonical-path.ts';
import { preflightMethod } from '../routing/preflight.ts';
import { matchRoute, type RouteTable } from '../routing/route-table.ts';
import type { RequestEvent } from '../telemetry/request-event.ts';

/** Decisions of the candidate under way in one isolate; beyond them, requests are not looked at. */
const MAX_PENDING = 10;

/** What a policy makes of a request. */
export interface Verdict {
  readonly route: string | null;
  readonly state: 'allowed' | RejectionState;
  readonly reason: RejectionReason | null;
}

/** Reasons that are no policy's word on the request: nothing was decided, or not by a policy. */
const NO_VERDICT: ReadonlySet<string> = new Set([
  'rate_limited',
  'rate_limit_unavailable',
  'address_held_off',
  'config_invalid',
  'internal_error',
  'client_disconnected',
]);

/** Reasons that a request is refused for once it has been allowed. */
const AFTERWARDS: ReadonlySet<string> = new Set([
  'content_unexpected',
  'content_incomplete',
  'content_too_large',
  'signing_unavailable',
  'origin_unreachable',
  'origin_timeout',
]);

/** What the live policy decided, as its event tells; undefined: nothing. */
export function liveVerdict({ route, decision, reason, wouldRefuse }: RequestEvent): Verdict | undefined {
  if (wouldRefuse !== undefined)
    return { route, state: stateOf({ reason: wouldRefuse }), reason: wouldRefuse };
  if (reason === null || AFTERWARDS.has(reason)) return { route, state: 'allowed', reason: null };
  return NO_VERDICT.has(reason) ? undefined : { route, state: decision, reason: reason as RejectionReason };
}

export interface CandidatePorts {
  readonly routes: RouteTable;
  /** Its own cache of verified tokens, and nobody who holds off addresses: what it decides has no effect. */
  readonly decision: DecisionPorts;
  /** Of 100 requests, how many are decided twice. */
  readonly share: number;
  /** From 0 to 1, for each request. */
  readonly random: () => number;
}

/**
 * A policy beside the live one, decided by the same `decide` and never carried out: each difference is an event. It runs
 * behind the response, for a share of the requests. It asks issuers of its own and the deny-list like any decision; it
 * counts no request and sends nothing to an origin.
 */
export class Candidate {
  readonly #ports: CandidatePorts;
  #pending = 0;

  constructor(ports: CandidatePorts) {
    this.#ports = ports;
  }

  /** @param event of the request, concluded */
  consider(received: ReceivedRequest, event: RequestEvent, context: RequestContext): void {
    const { share, random } = this.#ports;
    const live = liveVerdict(event);
    if (live === undefined || this.#pending >= MAX_PENDING || random() * 100 >= share) return;
    // Whoever answers a preflight has not decided on a request.
    if (preflightMethod(received) !== undefined) return;
    this.#pending += 1;
    context.waitUntil(this.#compare(received, event.reference, live, context));
  }

  async #compare(
    received: ReceivedRequest,
    reference: string,
    live: Verdict,
    context: RequestContext,
  ): Promise<void> {
    try {
      // The response goes first.
      await new Promise((resolve) => setTimeout(resolve, 0));
      const { evidence, ...candidate } = await this.#decide(received, context);
      if (candidate.route === live.route && candidate.reason === live.reason) return;
      context.emit({
        event: 'candidate_differs',
        level: 'info',
        reference,
        ...live,
        candidateRoute: candidate.route,
        candidateState: candidate.state,
        candidateReason: candidate.reason,
        candidateEvidence: evidence,
      });
    } catch (error) {
      const kind = error instanceof Error ? error.name : 'thrown';
      context.emit({ event: 'candidate_failed', level: 'warn', reference, kind });
    } finally {
      this.#pending -= 1;
    }
  }

  async #decide(
    received: ReceivedRequest,
    context: RequestContext,
  ): Promise<Verdict & { readonly evidence: string | undefined }> {
    const { routes, decision: ports } = this.#ports;
    const target = canonicalTarget(received);
    const match = target.ok ? matchRoute(routes, received.method, target.value) : target;
    if (!match.ok) {
      const { error } = match;
      return { route: null, state: stateOf(error), reason: error.reason, evidence: evidenceOf(error) };
    }
    const { route, target: at, parameters } = match.value;
    const decision = await decide(route.access, { received, target: at, parameters }, ports, context);
    return decision.allowed
      ? { route: route.name, state: 'allowed', reason: null, evidence: undefined }
      : {
          route: route.name,
          state: stateOf(decision.rejection),
          reason: decision.rejection.reason,
          evidence: evidenceOf(decision.rejection),
        };
  }
}

/** The live key source for the live policy's issuers, `others` for those that are the candidate's alone. */
export function keysOfBoth(
  live: KeySource,
  liveProviders: readonly KeyProvider[],
  others: KeySource,
): KeySource {
  const known = new Set(liveProviders);
  return {
    keysFor: (provider, header, context, tried) =>
      (known.has(provider) ? live : others).keysFor(provider, header, context, tried),
    status: (now) => others.status(now),
  };
}
