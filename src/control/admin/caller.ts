import { grantsScope } from '../../access/scope.ts';
import type { Rejection } from '../../core/rejection.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { extractBearer } from '../../credentials/extract.ts';
import { RATE_EXCEEDED } from '../../http/fault.ts';
import { problemAnswer } from '../../http/problem.ts';
import { respond } from '../../http/respond.ts';
import { verifyJwt } from '../../tokens/verify.ts';
import { outcomeOf } from '../audit.ts';
import type { Admin } from '../policy.ts';
import type { Intake } from '../ports.ts';
import { profilesOf } from '../token-profiles.ts';

/**
 * Who calls the admin API: the bearer of a token of a configured admin issuer, meant for this Worker (audience), not
 * revoked, with the scope asked for, within its rate. Verified by the gateway's own rooms, refused as by the gateway.
 * Does NOT check which issuer's tokens the admin may revoke.
 */
export async function authenticateAdmin(
  intake: Intake,
  access: 'read' | 'write',
): Promise<Result<Admin, Response>> {
  const { request, ports, trail } = intake;
  const admin = await verifyAdmin(intake, access);
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

async function verifyAdmin(
  { request, ports, context, trail }: Intake,
  access: 'read' | 'write',
): Promise<Result<Admin, Rejection>> {
  const bearer = extractBearer(request.headers, new URL(request.url).search, MAX_TOKEN_BYTES);
  if (!bearer.ok) {
    return bearer;
  }
  const { admins } = ports.policy;
  const verified = await verifyJwt(
    bearer.value,
    profilesOf(admins),
    { keys: ports.keys, cache: undefined },
    context,
  );
  if (!verified.ok) {
    return verified;
  }
  const { profile, claims } = verified.value;
  const admin = admins.find((each) => each.profile === profile);
  if (admin === undefined) {
    return err({ reason: 'issuer_untrusted', evidence: 'iss' });
  }
  trail.by = callerName(admin.name, claims.sub ?? claims.client_id);
  const status = await ports.revocation.status(verified.value, context.now);
  if (status.state === 'revoked') {
    return err({ reason: 'revoked', evidence: status.by });
  }
  if (status.state === 'unknown') {
    return err({ reason: 'revocation_unavailable', evidence: status.cause, retryAfterSeconds: 1 });
  }
  const scope = access === 'read' ? admin.readScope : admin.writeScope;
  return grantsScope(claims, scope) ? ok(admin) : err({ reason: 'scope_insufficient', scope: [scope] });
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
