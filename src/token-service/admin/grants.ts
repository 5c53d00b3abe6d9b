import { json, problemAnswer } from '../../http/problem.ts';
import { endSubject } from '../grants/end-subject.ts';
import { subjectIndexName } from '../grants/grant-index.ts';
import { isGrantId } from '../grants/grant-token.ts';
import type { AdminCall } from './caller.ts';
import { readOrder } from './order.ts';

/**
 * `POST /v1/grants/end`: one grant by its `sid`, or all of a `sub`: none can be refreshed any more, and their access tokens
 * go on the deny-list. 200 when that is
 * done, 202 when it is under way and goes on by itself. Whether there was such a grant
 * is not told; ending it again changes nothing.
 */
export async function endGrants({ exchange, by, trail }: AdminCall): Promise<Response> {
  const { request, ports, context } = exchange;
  const order = await readOrder(request, ['sid', 'sub']);
  if (!order.ok) {
    trail.detail = order.error.detail;
    return problemAnswer(order.error);
  }
  const { member, value, reason } = order.value;
  if (member === 'sid' && !isGrantId(value)) {
    trail.detail = 'sid';
    return problemAnswer({ status: 400, detail: 'sid is not one of this service.' });
  }
  trail.target = { kind: member, issuer: ports.policy.issuer, value };
  trail.reason = reason;
  const why = 'ended_by_admin';
  const ended =
    member === 'sid'
      ? await ports.grants.getByName(value).end(why)
      : await endSubject(value, { why, by: { revokedBy: by, intake: 'admin', reason } }, ports, context.now);
  return json(ended ? 200 : 202, { [member]: value, done: ended });
}

/**
 * `POST /v1/grants/lookup`, `{"sub"}`: the logins of a subject that have not expired, the latest to expire first. One that
 * was ended may still be among them: the index hears of ends when it next cleans up. No token is in it.
 */
export async function lookUpGrants({ exchange, trail }: AdminCall): Promise<Response> {
  const { request, ports } = exchange;
  const order = await readOrder(request, ['sub']);
  if (!order.ok) {
    trail.detail = order.error.detail;
    return problemAnswer(order.error);
  }
  const { value, reason } = order.value;
  trail.target = { kind: 'sub', issuer: ports.policy.issuer, value };
  trail.reason = reason;
  const grants = await ports.grantIndex.getByName(await subjectIndexName(value)).list();
  return json(200, {
    sub: value,
    grants: grants.map(({ id, expiresAt, upstream, loggedInAt }) => ({
      sid: id,
      expires_at: expiresAt,
      upstream,
      logged_in_at: loggedInAt,
    })),
  });
}
