import type { JsonObject } from '../../core/jose.ts';
import { readForm } from '../../http/body.ts';
import { authenticateClient } from '../../http/client-authentication.ts';
import { type Fault, RATE_EXCEEDED } from '../../http/fault.ts';
import { empty, oauthError, problemAnswer } from '../../http/problem.ts';
import { tokenParameterFault } from '../../http/token-parameter.ts';
import { newEntry } from '../admin/entry.ts';
import { auditedEntry, outcomeOf } from '../audit.ts';
import type { Intake } from '../ports.ts';
import { NO_IDENTIFIER, readPresentedToken } from './presented-token.ts';

/** Claims that name the client a token was issued to: RFC 9068 §2.2, and OpenID Connect Core 1.0 §2. */
const CLIENT_CLAIMS = ['client_id', 'azp'] as const;

/**
 * `POST /oauth/revoke` (RFC 7009): a confidential client revokes an access token that was issued to it.
 * 200 for a token that needs no revocation as well (§2.2), 503 when nothing is known to be stored (§2.2.1).
 */
export async function revokeToken(intake: Intake): Promise<Response> {
  const { request, ports, context, trail } = intake;
  const form = await readForm(request);
  if (!form.ok) {
    return refuse(intake, 'invalid_request', form.error);
  }
  const client = await authenticateClient(
    request.headers.get('Authorization'),
    form.value,
    ports.policy.clients,
  );
  if (!client.ok) {
    return refuse(intake, client.error.status === 401 ? 'invalid_client' : 'invalid_request', client.error);
  }
  trail.by = `client:${client.value.name}`;
  if (!(await ports.withinRate(trail.by))) {
    return refuse(intake, 'temporarily_unavailable', RATE_EXCEEDED);
  }
  const token = form.value.get('token') ?? '';
  const fault = tokenParameterFault(token);
  if (fault !== undefined) {
    return refuse(intake, 'invalid_request', fault);
  }
  const presented = await readPresentedToken(token, client.value.presented, ports, context);
  if (!presented.ok) {
    return refuseToken(intake, presented.error, form.value.get('token_type_hint'));
  }
  const { claims, predicate, lastAccepted } = presented.value;
  if (!issuedTo(claims, client.value.clientId)) {
    return refuse(intake, 'unauthorized_client', NOT_ITS_TOKEN);
  }
  if (lastAccepted <= context.now) {
    trail.outcome = 'acknowledged';
    trail.detail = 'expired';
    return empty(200);
  }
  const provenance = { revokedBy: trail.by, intake: 'rfc7009', reason: '' };
  const entry = newEntry(predicate, lastAccepted, provenance, context.now);
  trail.targets = [auditedEntry(entry)];
  await ports.store.revoke([entry]);
  trail.outcome = 'stored';
  return empty(200);
}

/** RFC 7009 §2.2: a token that is not valid is no error, since the client has what it wants. */
function refuseToken(intake: Intake, fault: Fault, hint: string | undefined): Response {
  if (fault.status === 503) {
    return refuse(intake, 'temporarily_unavailable', fault);
  }
  if (fault === NO_IDENTIFIER || hint === 'refresh_token') {
    return refuse(intake, 'unsupported_token_type', { status: 400, detail: NOT_REVOCABLE });
  }
  intake.trail.outcome = 'acknowledged';
  intake.trail.detail = 'not a valid token';
  return empty(200);
}

const NOT_REVOCABLE = 'Only access tokens that are JWTs with an identifier can be revoked here.';

/** RFC 7009 §2.1: a client may revoke no other client's tokens; one that names no client cannot be shown to be its own. */
const NOT_ITS_TOKEN: Fault = { status: 400, detail: 'The token was not issued to this client.' };

function issuedTo(claims: JsonObject, clientId: string): boolean {
  const name = CLIENT_CLAIMS.find((claim) => Object.hasOwn(claims, claim));
  return name !== undefined && claims[name] === clientId;
}

function refuse({ trail }: Intake, code: string, fault: Fault): Response {
  trail.detail = `${code}: ${fault.detail}`;
  trail.outcome = outcomeOf(fault);
  return fault.status === 503 || fault.status === 429 ? problemAnswer(fault) : oauthError(code, fault);
}
