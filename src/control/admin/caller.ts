import { err, type Result } from '../../core/result.ts';
import { decideAdmin } from '../../decision/decide-admin.ts';
import { RATE_EXCEEDED } from '../../http/fault.ts';
import { problemAnswer } from '../../http/problem.ts';
import { respond } from '../../http/respond.ts';
import { outcomeOf } from '../audit.ts';
import type { Admin, AdminAccess } from '../policy.ts';
import type { Intake } from '../ports.ts';

/**
 * Who calls the admin API, decided as by the gateway, within its rate; refused as by the gateway.
 * Does NOT check which issuer's tokens the admin may revoke.
 */
export async function authenticateAdmin(
  intake: Intake,
  access: AdminAccess,
): Promise<Result<Admin, Response>> {
  const { request, ports, context, trail } = intake;
  const { keys, decryption, revocation, clock } = ports;
  const { admins, adminAccess } = ports.policy;
  const { by, admin } = await decideAdmin(
    request,
    { access: adminAccess[access], admins },
    { verifier: { keys, cache: undefined, decryption }, revocation, clock },
    context,
  );
  if (by !== undefined) trail.by = by;
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
