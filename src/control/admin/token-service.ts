import { parseJsonObject } from '../../core/json.ts';
import { readJson } from '../../http/body.ts';
import { type Fault, RETRY_AFTER_SECONDS } from '../../http/fault.ts';
import { json } from '../../http/problem.ts';
import type { AuditOutcome } from '../audit.ts';
import type { AdminAccess } from '../policy.ts';
import type { Intake } from '../ports.ts';
import { authenticateAdmin } from './caller.ts';
import { refuse } from './revocations.ts';

/** A path of the token service's admin API, and what it takes to be let through to it from here. */
interface Passage {
  readonly path: `/v1/${string}`;
  readonly method: 'GET' | 'POST';
  readonly access: AdminAccess;
  /** Whether a JSON body goes along. */
  readonly body: boolean;
}

/**
 * The token service's own admin API, at the same paths: each is asked with the caller's token, and the token service
 * decides about that, and writes who did what into its log. Here it takes what it takes to read or to write.
 */
const passTo =
  (passage: Passage) =>
  (intake: Intake): Promise<Response> =>
    pass(passage, intake);

export const listKeys = passTo({ path: '/v1/keys', method: 'GET', access: 'read', body: false });
export const rotateKeys = passTo({ path: '/v1/keys/rotate', method: 'POST', access: 'write', body: false });
export const withdrawKey = passTo({ path: '/v1/keys/withdraw', method: 'POST', access: 'write', body: true });
export const lookUpGrants = passTo({ path: '/v1/grants/lookup', method: 'POST', access: 'read', body: true });
export const endGrants = passTo({ path: '/v1/grants/end', method: 'POST', access: 'write', body: true });

async function pass({ path, method, access, body }: Passage, intake: Intake): Promise<Response> {
  const { request, ports, trail } = intake;
  const admin = await authenticateAdmin(intake, access);
  if (!admin.ok) return admin.error;
  if (ports.tokenService === undefined) return refuse(intake, NONE);
  const read = body ? await readJson(request) : undefined;
  if (read !== undefined && !read.ok) return refuse(intake, read.error);
  const authorization = request.headers.get('Authorization') ?? '';
  const question = { method, authorization, ...(read === undefined ? {} : { body: read.value }) };
  const answer = await ports.tokenService(path, question).catch(() => undefined);
  if (answer === undefined) return refuse(intake, SILENT);
  const said = parseJsonObject(answer.body);
  if (answer.status !== 200 && answer.status !== 202) {
    const detail = said.ok && typeof said.value.detail === 'string' ? said.value.detail : undefined;
    return refuse(intake, faultOf(answer.status, detail));
  }
  if (!said.ok) return refuse(intake, SILENT);
  trail.outcome = (access === 'read' ? 'read' : 'acknowledged') satisfies AuditOutcome;
  return json(answer.status, said.value);
}

/** Never 401: it is not control that refuses the token. */
function faultOf(status: number, detail: string | undefined): Fault {
  switch (status) {
    case 400:
    case 404:
      return { status, detail: detail ?? 'The token service refuses this.' };
    case 401:
    case 403:
      return {
        status: 403,
        detail: 'The token service does not let this token do that: see admins in its [vars.TOKEN_SERVICE].',
      };
    default:
      return SILENT;
  }
}

const NONE: Fault = {
  status: 404,
  detail: 'Control has no token service to ask: CONTROL.console.token_service names it.',
};

/** Nothing is known to have happened. */
const SILENT: Fault = {
  status: 503,
  detail: 'The token service does not answer. Nothing is known to be done: ask again.',
  headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
};
