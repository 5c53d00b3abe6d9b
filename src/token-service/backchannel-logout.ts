import { stateOf } from '../core/rejection.ts';
import { verifyMessage } from '../decision/verify-message.ts';
import { readForm } from '../http/body.ts';
import { type Fault, RATE_EXCEEDED, UNAVAILABLE, unavailableFor } from '../http/fault.ts';
import { empty, oauthError, problemAnswer } from '../http/problem.ts';
import { readLogoutClaims } from '../tokens/logout-claims.ts';
import { sessionIndexName, subjectIndexName } from './grants/grant-index.ts';
import type { Exchange } from './ports.ts';
import { subjectOf } from './upstream/subject.ts';

/**
 * `POST /backchannel-logout` (OpenID Connect Back-Channel Logout 1.0 §2.5 to §2.8): the grants that stand on the session,
 * or on logins of the subject up to then, end here. A logout token may come twice: what it ends has ended, and later logins
 * are not hit. 200 when all is done, 400 for a token that is not valid, 503 when it is to be sent again.
 */
export async function serveBackchannelLogout(exchange: Exchange): Promise<Response> {
  const { request, ports, context } = exchange;
  const form = await readForm(request);
  if (!form.ok) return refuse(form.error);
  const token = form.value.get('logout_token');
  if (token === undefined) return refuse(invalid('logout_token is missing'));
  const upstreams = [...ports.policy.upstreams.values()];
  const profiles = Map.groupBy(
    upstreams.map(({ logoutTokens }) => logoutTokens),
    ({ issuer }) => issuer,
  );
  const verified = await verifyMessage(
    token,
    profiles,
    { keys: ports.keys, reader: ports.denyList?.reader },
    context,
  );
  if (!verified.ok) {
    const { error } = verified;
    return refuse(stateOf(error) === 'denied' ? invalid(error.reason) : unavailableFor(error));
  }
  const upstream = upstreams.find(({ logoutTokens }) => logoutTokens === verified.value.profile);
  const logout = readLogoutClaims(verified.value);
  if (!logout.ok || upstream === undefined) return refuse(invalid(logout.ok ? 'aud' : logout.error));
  if (!(await ports.withinRate(`logout:${upstream.name}`))) return refuse(RATE_EXCEEDED);
  const { sid, sub, issuedAt } = logout.value;
  const subject = sub === undefined ? undefined : subjectOf(upstream, sub, ports.policy.upstreams);
  if (sid === undefined && subject === undefined) return empty(200);
  const name = sid === undefined ? subjectIndexName(subject ?? '') : sessionIndexName(upstream.issuer, sid);
  const ended = await ports.grantIndex.getByName(await name).endLogins(upstream.name, issuedAt);
  ports.emit({ event: 'upstream_logout', level: 'info', upstream: upstream.name });
  return ended ? empty(200) : refuse(UNAVAILABLE);
}

const invalid = (rule: string): Fault => ({ status: 400, detail: `The logout token is not valid: ${rule}.` });

/** §2.8. */
const refuse = (fault: Fault): Response =>
  fault.status === 503 || fault.status === 429 ? problemAnswer(fault) : oauthError('invalid_request', fault);
