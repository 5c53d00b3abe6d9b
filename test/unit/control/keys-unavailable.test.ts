import { describe, expect, it } from 'vitest';
import {
  ACME,
  accessToken,
  CONTROL,
  type ControlApp,
  controlApp,
  form,
  keys,
  NOW,
  SECRET,
  VARIABLES,
} from './control-app.ts';
import { push, securityEvent } from './security-event.ts';

const REMOTE = 'https://id.remote.example';

/** An issuer whose keys are at an endpoint that nobody reaches here. */
const variables = {
  ...VARIABLES,
  ISSUERS: {
    ...VARIABLES.ISSUERS,
    remote: {
      issuer: REMOTE,
      audience: ['https://api.example'],
      algorithms: ['ES256'],
      jwks_uri: `${REMOTE}/jwks`,
    },
  },
  CONTROL: {
    admins: { ops: VARIABLES.CONTROL.admins.ops, remote: { issuer: 'remote', audience: [CONTROL] } },
    clients: { web: { client_id: 'web', client_secret: 'WEB_SECRET', issuers: ['remote'] } },
    logout: { web: { issuer: 'remote', client_ids: ['web'] } },
    transmitters: { idp: { issuer: 'remote', audience: [`${CONTROL}/ssf/events`] } },
  },
};

const logoutToken = () =>
  accessToken({
    iss: REMOTE,
    aud: 'web',
    sid: 's',
    exp: NOW + 60,
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  });

/** Whether a signature is good is unknown, so nothing is refused for good and nothing acknowledged. */
describe('while an issuer’s keys cannot be had', () => {
  it.each<[string, (app: ControlApp) => Promise<Response>]>([
    ['an admin token', (app) => app.admin('GET', '/v1/revocations', undefined, { iss: REMOTE })],
    [
      'a token presented by an admin',
      async (app) => app.admin('POST', '/v1/revocations', { token: await accessToken({ iss: REMOTE }) }),
    ],
    [
      'a token presented by a client',
      async (app) => {
        const { headers, ...init } = form({ token: await accessToken({ iss: REMOTE }) });
        const authorization = `Basic ${btoa(`web:${SECRET}`)}`;
        return app.request('/oauth/revoke', { ...init, headers: { ...headers, authorization } });
      },
    ],
    [
      'a logout token',
      async (app) => app.request('/logout/backchannel', form({ logout_token: await logoutToken() })),
    ],
    ['a SET', async (app) => (await push(await securityEvent({ iss: REMOTE }), app)).response],
  ])('%s is answered 503 with Retry-After', async (_what, send) => {
    const app = controlApp(variables);
    const response = await send(app);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(app.audit()).toMatchObject({ outcome: 'unavailable' });
    expect(app.store.entries()).toEqual([]);
  });
});

/** A key without a name in the set: what the token calls it is the only name that an operator can revoke it by. */
describe('a revoked kid', () => {
  const { kid: _kid, ...nameless } = keys.acme.jwk;
  const app = () =>
    controlApp({
      ...VARIABLES,
      ISSUERS: { ...VARIABLES.ISSUERS, acme: { ...VARIABLES.ISSUERS.acme, jwks: { keys: [nameless] } } },
    });
  const revokeKid = async (to: ControlApp, kid: string) =>
    to.admin('POST', '/v1/revocations', { issuer: ACME, kid });
  const present = async (to: ControlApp, kid: string) => {
    const token = await accessToken({}, keys.acme, { kid });
    const headers = { authorization: `Basic ${btoa(`web:${SECRET}`)}` };
    const init = form({ token });
    await to.request('/oauth/revoke', { ...init, headers: { ...init.headers, ...headers } });
    return to.audit().outcome;
  };

  it('signs nothing here, be it the name that only the token gives', async () => {
    const to = app();
    expect((await revokeKid(to, 'leaked')).status).toBe(201);
    expect(await present(to, 'leaked')).toBe('acknowledged');
    expect(await present(to, 'another')).toBe('stored');
  });
});
