import { hasContent } from '../../core/has-content.ts';
import { json, problemAnswer } from '../../http/problem.ts';
import { KEYRING_NAME } from '../keyring/keyring-namespace.ts';
import type { KeyringStatus } from '../keyring/keyring-object.ts';
import type { ServicePorts } from '../ports.ts';
import type { AdminCall } from './caller.ts';
import { readOrder } from './order.ts';

const keyringOf = ({ keyring }: ServicePorts) => keyring.getByName(KEYRING_NAME);

/** `GET /v1/keys`: the keys in their stages, when the ring changes next by itself, and what was withdrawn. */
export async function listKeys({ exchange }: AdminCall): Promise<Response> {
  return json(200, described(await keyringOf(exchange.ports).status()));
}

/** `POST /v1/keys/rotate`: the next key signs as soon as it has been published for long enough; `changes_at` says when. */
export async function rotateKeys({ exchange, trail }: AdminCall): Promise<Response> {
  const { request, ports } = exchange;
  if (hasContent(request.body, request.headers)) {
    trail.detail = 'body';
    return problemAnswer({ status: 400, detail: 'No body is known here.' });
  }
  return json(200, described(await keyringOf(ports).rotate()));
}

/**
 * `POST /v1/keys/withdraw`: the key leaves the set and signs nothing more, whatever its stage, and its `kid` goes on the
 * deny-list. 200 when the deny-list has it, 202 when it will, 404 for a key that is not in the ring. May be repeated.
 */
export async function withdrawKey({ exchange, by, trail }: AdminCall): Promise<Response> {
  const order = await readOrder(exchange.request, ['kid']);
  if (!order.ok) {
    trail.detail = order.error.detail;
    return problemAnswer(order.error);
  }
  const { value: kid, reason } = order.value;
  const { policy } = exchange.ports;
  trail.target = { kind: 'kid', issuer: policy.issuer, value: kid };
  trail.reason = reason;
  const keyring = keyringOf(exchange.ports);
  const withdrawal = await keyring.withdraw(kid, { by, reason });
  if (withdrawal === null) {
    return problemAnswer({ status: 404, detail: 'The keyring has no such key.' });
  }
  const { denied } = withdrawal;
  return json(denied ? 200 : 202, { kid, denied, ...described(await keyring.status()) });
}

const described = ({ changesAt, keys, withdrawn }: KeyringStatus) => ({
  changes_at: changesAt,
  keys: keys.map(({ kid, algorithm, stage, publishedAt, retiredAt }) => ({
    kid,
    algorithm,
    stage,
    published_at: publishedAt,
    retired_at: retiredAt,
  })),
  withdrawn: withdrawn.map(({ kid, at, denied }) => ({ kid, withdrawn_at: at, denied })),
});
