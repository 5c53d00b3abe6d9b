import { type SigningKey, sign } from '../../fixtures/tokens.ts';
import { ACME, CONTROL, type ControlApp, controlApp, keys, NOW } from './control-app.ts';

export const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
export const RISC = 'https://schemas.openid.net/secevent/risc/event-type/';
export const SSF = 'https://schemas.openid.net/secevent/ssf/event-type/';

/** A Security Event Token of the transmitter `idp`: session-revoked for user-1 unless told otherwise. */
export const securityEvent = (
  claims: object = {},
  header: object = {},
  key: SigningKey = keys.acme,
): Promise<string> =>
  sign(
    key,
    {
      iss: ACME,
      aud: `${CONTROL}/ssf/events`,
      iat: NOW - 5,
      jti: 'set-1',
      sub_id: { format: 'iss_sub', iss: ACME, sub: 'user-1' },
      events: { [`${CAEP}session-revoked`]: {} },
      ...claims,
    },
    { typ: 'secevent+jwt', ...header },
  );

export const push = async (
  token: string,
  app: ControlApp = controlApp(),
  headers: Record<string, string> = {},
) => ({
  app,
  response: await app.request('/ssf/events', {
    method: 'POST',
    headers: { 'Content-Type': 'application/secevent+jwt', Accept: 'application/json', ...headers },
    body: token,
  }),
});

/** The RFC 8935 error code of a refusal, after checking that the rest of it is as the RFC has it. */
export async function errorCode(response: Response): Promise<unknown> {
  const body: unknown = await response.json();
  if (response.status !== 400 || typeof body !== 'object' || body === null)
    return `status ${response.status}`;
  if (response.headers.get('Content-Type') !== 'application/json') return 'wrong content type';
  if (response.headers.get('Content-Language') === null) return 'no content language';
  if (!('err' in body) || !('description' in body) || Object.keys(body).length !== 2) return 'wrong members';
  return body.err;
}
