import { readForm } from '../../http/body.ts';
import { type Fault, RATE_EXCEEDED } from '../../http/fault.ts';
import { empty, oauthError, problemAnswer } from '../../http/problem.ts';
import { lastExpiry, newEntry } from '../admin/entry.ts';
import { auditedEntry, outcomeOf } from '../audit.ts';
import type { Intake } from '../ports.ts';
import { validateLogoutToken } from './logout-token.ts';
import { storeOnce } from './replay.ts';

/**
 * `POST /logout/backchannel` (OpenID Connect Back-Channel Logout 1.0 §2.5 to §2.8): the access tokens of the session, or
 * of the subject, are refused from then on. 204 when that is stored, and when it was before; 400 for a token that is
 * not valid; 503 when nothing is known to be stored.
 */
export async function logOut(intake: Intake): Promise<Response> {
  const { request, ports, context, trail } = intake;
  const form = await readForm(request);
  if (!form.ok) {
    return refuse(intake, form.error);
  }
  const token = form.value.get('logout_token');
  if (token === undefined) {
    return refuse(intake, { status: 400, detail: 'The parameter logout_token is missing.' });
  }
  const logout = await validateLogoutToken(token, intake);
  if (!logout.ok) {
    return refuse(intake, logout.error);
  }
  const { receiver, jti, predicate, issuedAt, expiresAt } = logout.value;
  trail.by = `logout:${receiver.name}`;
  if (!(await ports.withinRate(trail.by))) {
    return refuse(intake, RATE_EXCEEDED);
  }
  trail.reason = 'logout';
  const provenance = { revokedBy: trail.by, intake: 'backchannel_logout', reason: trail.reason };
  const until = lastExpiry(predicate, receiver.profile, issuedAt);
  const entry = newEntry(predicate, until, provenance, context.now);
  trail.targets = [auditedEntry(entry)];
  const message = {
    kind: 'logout',
    issuer: receiver.profile.issuer,
    jti,
    rememberSeconds: expiresAt + receiver.profile.clockToleranceSeconds - context.now,
  } as const;
  trail.outcome = await storeOnce(ports.store, message, [entry]);
  return empty(204);
}

/** §2.8. */
function refuse({ trail }: Intake, fault: Fault): Response {
  trail.detail = fault.detail;
  trail.outcome = outcomeOf(fault);
  return fault.status === 503 || fault.status === 429
    ? problemAnswer(fault)
    : oauthError('invalid_request', fault);
}
