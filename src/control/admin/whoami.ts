import { decideAdmin } from '../../decision/decide-admin.ts';
import { json } from '../../http/problem.ts';
import type { AdminAccess } from '../policy.ts';
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
  const may = async (access: AdminAccess): Promise<AdminAccess[]> => {
    const decision = await decideAdmin(
      request,
      { access: policy.adminAccess[access], admins: policy.admins },
      { verifier: { keys, cache: undefined, decryption }, revocation, clock },
      context,
    );
    return decision.admin.ok ? [access] : [];
  };
  const more = await Promise.all([may('write'), may('events')]);
  trail.outcome = 'read';
  return json(200, {
    caller: trail.by ?? null,
    admin: admin.value.name,
    may: ['read', ...more.flat()],
    may_revoke: [...admin.value.mayRevoke.keys()],
    store: ports.storeName,
  });
}
