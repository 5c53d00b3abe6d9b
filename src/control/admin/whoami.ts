import { decideAdmin } from '../../decision/decide-admin.ts';
import { json } from '../../http/problem.ts';
import type { Intake } from '../ports.ts';
import { authenticateAdmin } from './caller.ts';

/**
 * `GET /v1/whoami`: who the admin token says is calling, and what that caller may do here. It takes the scope that reads.
 */
export async function showCaller(intake: Intake): Promise<Response> {
  const { request, ports, context, trail } = intake;
  const admin = await authenticateAdmin(intake, 'read');
  if (!admin.ok) return admin.error;
  const { keys, decryption, revocation, clock, policy } = ports;
  const writing = await decideAdmin(
    request,
    { access: policy.adminAccess.write, admins: policy.admins },
    { verifier: { keys, cache: undefined, decryption }, revocation, clock },
    context,
  );
  trail.outcome = 'read';
  return json(200, {
    caller: trail.by ?? null,
    admin: admin.value.name,
    may: writing.admin.ok ? ['read', 'write'] : ['read'],
    may_revoke: [...admin.value.mayRevoke.keys()],
    store: ports.storeName,
  });
}
