import { decideAdmin } from '../../decision/decide-admin.ts';
import { RATE_EXCEEDED } from '../../http/fault.ts';
import { problemAnswer } from '../../http/problem.ts';
import { respond } from '../../http/respond.ts';
import type { AdminAccess } from '../policy.ts';
import type { Exchange } from '../ports.ts';
import { type AdminTrail, adminEvent } from './audit.ts';

/** One request of an admin who may make it. */
export interface AdminCall {
  readonly exchange: Exchange;
  readonly by: string;
  readonly trail: AdminTrail;
}

type Handler = (exchange: Exchange) => Promise<Response>;

/**
 * An endpoint for admins: whoever calls it is decided as by the gateway, and each call leaves one line in the log, a
 * refused one and one that fails as well. No query is taken: credentials and subjects do not belong into one.
 */
export const forAdmins =
  (access: AdminAccess, endpoint: string, serve: (call: AdminCall) => Promise<Response>): Handler =>
  async (exchange) => {
    const { emit, digestOf } = exchange.ports;
    const trail: AdminTrail = { endpoint };
    let status = 503;
    try {
      const response = await answer(access, exchange, trail, serve);
      status = response.status;
      return response;
    } finally {
      emit(await adminEvent(trail, status, digestOf));
    }
  };

async function answer(
  access: AdminAccess,
  exchange: Exchange,
  trail: AdminTrail,
  serve: (call: AdminCall) => Promise<Response>,
): Promise<Response> {
  const { request, ports, context } = exchange;
  const { keys, decryption, denyList, clock, policy } = ports;
  if (denyList === undefined) throw new TypeError('compileService accepted admins without a deny-list');
  if (new URL(request.url).search !== '') {
    trail.detail = 'query';
    return problemAnswer({ status: 400, detail: 'This path takes no query.' });
  }
  const { by, admin } = await decideAdmin(
    request,
    { access: policy.adminAccess[access], admins: policy.admins },
    { verifier: { keys, cache: undefined, decryption }, revocation: denyList.revocation, clock },
    context,
  );
  if (by !== undefined) trail.by = by;
  if (!admin.ok) {
    trail.detail = admin.error.reason;
    return respond(admin.error, request.method);
  }
  const caller = by ?? `admin:${admin.value.name}`;
  if (!(await ports.withinRate(caller))) return problemAnswer(RATE_EXCEEDED);
  return await serve({ exchange, by: caller, trail });
}
