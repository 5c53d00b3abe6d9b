import { authorize } from '../access/authorize.ts';
import type { RequestContext } from '../core/context.ts';
import type { Allowed, Decision, Findings, Refused, TracedStage } from '../core/decision.ts';
import type { PathParameters } from '../core/path-parameter.ts';
import type { Access } from '../core/policy.ts';
import type { LiveToken, Principal } from '../core/principal.ts';
import type { ReceivedRequest, RequestTarget } from '../core/received-request.ts';
import type { Rejection } from '../core/rejection.ts';
import type { Result } from '../core/result.ts';
import { type Clock, milliseconds, type NumericDate } from '../core/time.ts';
import { findToken } from '../credentials/find-token.ts';
import type { Guesses } from '../rate-limit/guesses.ts';
import type { RevocationCheck } from '../revocation/check.ts';
import { type Verification, type VerifierPorts, verifyJwt } from '../tokens/verify.ts';
import { traced } from './trace.ts';

export interface DecisionPorts {
  readonly verifier: VerifierPorts;
  readonly revocation: RevocationCheck;
  /** Largest accepted token, before any parsing. */
  readonly maxTokenBytes: number;
  readonly clock: Clock;
  /** Holds off addresses that guess; undefined: none is. */
  readonly guesses?: Guesses | undefined;
}

/** What a decision may look at. */
export interface AccessRequest {
  readonly received: ReceivedRequest;
  readonly target: RequestTarget;
  /** Of the path, where its route has some. */
  readonly parameters?: PathParameters | undefined;
  /** Tell in the findings how each stage went. */
  readonly explain?: boolean;
}

/** One decision under way. */
interface Inquiry {
  readonly access: Access;
  readonly request: AccessRequest;
  readonly ports: DecisionPorts;
  readonly context: RequestContext;
  /** The token, once it has been found. */
  presented: string | undefined;
  readonly findings: { -readonly [name in keyof Findings]: Findings[name] } & {
    trace: TracedStage[] | undefined;
  };
}

/**
 * What a request may do under an access policy: find the token → verify → check revocation → require. Returns at once,
 * without a promise, when no stage has to wait. Never throws for anything a client, an issuer or a store does.
 * Does NOT look at the request's body, nor at whether the target is one that the policy is for: `routing/` has matched.
 */
export function decide(
  access: Access,
  request: AccessRequest,
  ports: DecisionPorts,
  context: RequestContext,
): Decision | Promise<Decision> {
  const inquiry = begin(access, request, ports, context);
  if (access.authentication === 'none') {
    return allow(inquiry, undefined);
  }
  const { verifier, maxTokenBytes, guesses } = ports;
  const found = findToken(access, request, { maxTokenBytes, known: verifier.cache });
  if (inquiry.findings.trace) {
    inquiry.findings.trace.push(traced('credentials', access, found, 0));
  }
  if (!found.ok) {
    return access.authentication === 'optional' && found.error.reason === 'credentials_missing'
      ? allow(inquiry, undefined)
      : refuse(inquiry, found.error);
  }
  const seconds =
    guesses && !verifier.cache?.has(found.value)
      ? guesses.heldOffFor(request.received.clientAddress, context.now)
      : undefined;
  if (seconds !== undefined) {
    return refuse(inquiry, { reason: 'address_held_off', evidence: 'new_token', retryAfterSeconds: seconds });
  }
  inquiry.presented = found.value;
  const { source } = found;
  const spelling = source.kind === 'header' && source.padded ? paddedOnly(verifier) : verifier;
  const verifying = verifyJwt(found.value, access.profiles, spelling, context);
  return verifying instanceof Promise
    ? verifying.then((verified) => decideVerified(inquiry, verified, ports.clock()))
    : decideVerified(inquiry, verifying, context.now);
}

const paddedOnly = ({ keys }: VerifierPorts): VerifierPorts => ({ keys, cache: undefined, padded: true });

/** @param at when the token had verified: a Worker's clock stands still but for what is awaited */
function decideVerified(
  inquiry: Inquiry,
  verified: Verification,
  at: NumericDate,
): Decision | Promise<Decision> {
  const { access, ports, context, findings } = inquiry;
  findings.verifyMs = milliseconds(at - context.now);
  if (findings.trace) {
    findings.trace.push(traced('verification', access, verified, findings.verifyMs));
  }
  if (!verified.ok) {
    findings.unverified = verified.unverified;
    ports.guesses?.failed(inquiry.request.received.clientAddress, verified.error.reason, at, context);
    return refuse(inquiry, verified.error);
  }
  findings.token = verified.value;
  const checking = ports.revocation.check(verified.value, access, context);
  return checking instanceof Promise
    ? checking.then((live) => decideLive(inquiry, live, ports.clock() - at))
    : decideLive(inquiry, checking, 0);
}

function decideLive(inquiry: Inquiry, live: Result<LiveToken>, seconds: number): Decision {
  const { access, ports, findings } = inquiry;
  findings.revocationMs = milliseconds(seconds);
  if (findings.trace) {
    findings.trace.push(traced('revocation', access, live, findings.revocationMs));
  }
  if (!live.ok) {
    return refuse(inquiry, live.error);
  }
  findings.revocation = live.value.revocation;
  if (access.revocation.mode === 'replicated') {
    findings.replicaAgeSeconds = ports.revocation.replicaAgeSeconds();
  }
  const authorized = authorize(live.value, access.requirement, inquiry);
  if (findings.trace) {
    findings.trace.push(traced('requirement', access, authorized, 0));
  }
  return authorized.ok ? allow(inquiry, authorized.value) : refuse(inquiry, authorized.error);
}

/** Every finding is there from the start: V8 gives up optimised code for an object whose shape grows. */
const begin = (
  access: Access,
  request: AccessRequest,
  ports: DecisionPorts,
  context: RequestContext,
): Inquiry => ({
  access,
  request,
  ports,
  context,
  presented: undefined,
  findings: {
    token: undefined,
    unverified: undefined,
    revocation: undefined,
    replicaAgeSeconds: undefined,
    verifyMs: undefined,
    revocationMs: undefined,
    trace: request.explain ? [] : undefined,
  },
});

/** Together with `letThrough`, the only place that makes an `Allowed`. */
const allow = ({ presented, findings }: Inquiry, principal: Principal | undefined): Allowed =>
  ({ allowed: true, principal, presented, findings }) as Allowed;

/**
 * Leave to carry out what has been refused, as nobody: for a route that only reports what it would refuse. Whoever calls
 * this opens the route.
 */
export const letThrough = ({ findings }: Refused): Allowed =>
  ({ allowed: true, principal: undefined, presented: undefined, findings }) as Allowed;

const refuse = ({ findings }: Inquiry, rejection: Rejection): Refused => ({
  allowed: false,
  rejection,
  findings,
});
