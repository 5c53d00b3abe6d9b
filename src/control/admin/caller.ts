import { type RequestTarget, receive } from '../../core/received-request.ts';
import type { Rejection } from '../../core/rejection.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { type DecisionPorts, decide } from '../../decision/decide.ts';
import { RATE_EXCEEDED } from '../../http/fault.ts';
import { problemAnswer } from '../../http/problem.ts';
import { respond } from '../../http/respond.ts';
import { outcomeOf } from '../audit.ts';
import type { Admin, AdminAccess } from '../policy.ts';
import type { ControlPorts, Intake } from '../ports.ts';

/**
 * Who calls the admin API: the bearer of a token of a configured admin issuer, meant for this Worker (audience), not
 * revoked, with the scope asked for, within its rate. Decided as by the gateway, and refused as by it.
 * Does NOT check which issuer's tokens the admin may revoke.
 */
export async function authenticateAdmin(
  intake: Intake,
  access: AdminAccess,
): Promise<Result<Admin, Response>> {
  const { request, ports, trail } = intake;
  const admin = await decideAdmin(intake, access);
  if (!admin.ok) {
    const response = respond(admin.error, request.method);
    trail.detail = admin.error.reason;
    trail.outcome = outcomeOf(response);
    return err(response);
  }
  if (!(await ports.withinRate(trail.by ?? admin.value.name))) {
    trail.outcome = outcomeOf(RATE_EXCEEDED);
    return err(problemAnswer(RATE_EXCEEDED));
  }
  return admin;
}

async function decideAdmin(
  { request, ports, context, trail }: Intake,
  access: AdminAccess,
): Promise<Result<Admin, Rejection>> {
  const { admins, adminAccess } = ports.policy;
  const asked = { received: receive(request), target: targetOf(request) };
  const decision = await decide(adminAccess[access], asked, decisionPorts(ports), context);
  const { token } = decision.findings;
  const admin = admins.find(({ profile }) => profile.issuer === token?.profile.issuer);
  if (token !== undefined && admin !== undefined) {
    trail.by = callerName(admin.name, token.claims.sub ?? token.claims.client_id);
  }
  if (!decision.allowed) {
    return err(decision.rejection);
  }
  return admin === undefined ? err({ reason: 'issuer_untrusted', evidence: 'iss' }) : ok(admin);
}

const decisionPorts = ({ keys, decryption, revocation, clock }: ControlPorts): DecisionPorts => ({
  verifier: { keys, cache: undefined, decryption },
  revocation,
  maxTokenBytes: MAX_TOKEN_BYTES,
  clock,
});

/** `app.ts` has seen that the URL can be parsed. */
function targetOf({ url }: Request): RequestTarget {
  const { protocol, host: authority, hostname: host, pathname: path, search } = new URL(url);
  return { scheme: protocol === 'https:' ? 'https' : 'http', authority, host, path, search };
}

/** What the gateway takes by default; an admin token is no larger. */
const MAX_TOKEN_BYTES = 8 * 1024;

/** Longest caller name kept with an entry, in UTF-16 code units. */
const MAX_CALLER_LENGTH = 256;

const callerName = (admin: string, subject: unknown): string =>
  (typeof subject === 'string' ? `admin:${admin}:${subject}` : `admin:${admin}`)
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_CALLER_LENGTH);
