import { parseJsonObject } from '../../core/json.ts';
import { readJson } from '../../http/body.ts';
import { type Fault, RETRY_AFTER_SECONDS } from '../../http/fault.ts';
import { json } from '../../http/problem.ts';
import type { Peer, PeerAnswer, Question } from '../peer.ts';
import type { Intake } from '../ports.ts';
import { authenticateAdmin } from './caller.ts';
import { refuse } from './revocations.ts';

/** `GET /v1/policy`: what the routes of the gateway require, as the gateway itself tells this caller. */
export const showPolicy = (intake: Intake): Promise<Response> =>
  asGateway(intake, (gateway, authorization) =>
    gateway('/.portcullis/policy', { method: 'GET', authorization }),
  );

/**
 * `POST /v1/explain`: why the gateway would answer a request as it does, as the gateway itself tells this caller. What is
 * asked about, tokens in it among that, goes to the gateway and into no log.
 */
export async function explainRequest(intake: Intake): Promise<Response> {
  return asGateway(intake, async (gateway, authorization) => {
    const body = await readJson(intake.request);
    if (!body.ok) return body.error;
    const question: Question = { method: 'POST', authorization, body: body.value };
    return gateway('/.portcullis/explain', question);
  });
}

/** The caller needs what it takes to read here, and whatever the gateway asks of the same token. */
async function asGateway(
  intake: Intake,
  ask: (gateway: Peer, authorization: string) => Promise<PeerAnswer | Fault>,
): Promise<Response> {
  const { request, ports, trail } = intake;
  const admin = await authenticateAdmin(intake, 'read');
  if (!admin.ok) return admin.error;
  if (ports.gateway === undefined) return refuse(intake, NONE);
  const answer = await ask(ports.gateway, request.headers.get('Authorization') ?? '').catch(() => SILENT);
  if ('detail' in answer) return refuse(intake, answer);
  if (answer.status !== 200) return refuse(intake, faultOf(answer.status));
  const said = parseJsonObject(answer.body);
  if (!said.ok) return refuse(intake, SILENT);
  trail.outcome = 'read';
  return json(200, said.value);
}

/** Never 401: it is not control that refuses the token. */
function faultOf(status: number): Fault {
  switch (status) {
    case 400:
    case 413:
      return { status: 400, detail: 'What is asked about is no request that the gateway can read.' };
    case 401:
    case 403:
      return {
        status: 403,
        detail: 'The gateway does not answer this token: see explain in its [vars.GATEWAY].',
      };
    case 404:
      return { status: 404, detail: 'The gateway explains nothing: explain is not in its [vars.GATEWAY].' };
    default:
      return SILENT;
  }
}

const NONE: Fault = {
  status: 404,
  detail: 'Control has no gateway to ask: CONTROL.console.gateway names it.',
};

const SILENT: Fault = {
  status: 503,
  detail: 'The gateway does not answer.',
  headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
};
