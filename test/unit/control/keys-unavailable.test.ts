import { describe, expect, it } from 'vitest';
import { sign } from '../../fixtures/tokens.ts';
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

const logoutToken = (header?: object) =>
  accessToken(
    {
      iss: REMOTE,
      aud: 'web',
      sid: 's',
      exp: NOW + 60,
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    },
    keys.acme,
    header,
  );

const SENDERS: readonly (readonly [
  what: string,
  send: (app: ControlApp, header?: object) => Promise<Response>,
])[] = [
  [
    'an admin token',
    async (app, header) => {
      const token = await sign(
        keys.acme,
        {
          iss: REMOTE,
          aud: CONTROL,
          sub: 'alice',
          iat: NOW,
          exp: NOW + 300,
          jti: 'a',
          scope: 'revocations:read',
        },
        header,
      );
      return app.request('/v1/revocations', { headers: { Authorization: `Bearer ${token}` } });
    },
  ],
  [
    'a token presented by an admin',
    async (app, header) =>
      app.admin('POST', '/v1/revocations', { token: await accessToken({ iss: REMOTE }, keys.acme, header) }),
  ],
  [
    'a token presented by a client',
    async (app, header) => {
      const { headers, ...init } = form({ token: await accessToken({ iss: REMOTE }, keys.acme, header) });
      const authorization = `Basic ${btoa(`web:${SECRET}`)}`;
      return app.request('/oauth/revoke', { ...init, headers: { ...headers, authorization } });
    },
  ],
  [
    'a logout token',
    async (app, header) =>
      app.request('/logout/backchannel', form({ logout_token: await logoutToken(header) })),
  ],
  [
    'a SET',
    async (app, header) =>
      (
        await push(
          await securityEvent(
            { iss: REMOTE, sub_id: { format: 'iss_sub', iss: REMOTE, sub: 'user-1' } },
            header,
          ),
          app,
        )
      ).response,
  ],
];

/** Whether a signature is good is unknown, so nothing is refused for good and nothing acknowledged. */
describe('while an issuer’s keys cannot be had', () => {
  it.each(SENDERS)('%s is answered 503 with Retry-After', async (_what, send) => {
    const app = controlApp(variables);
    const response = await send(app);
    expect(response.status).toBe(503);
    // A cooldown after the attempt that failed.
    expect(response.headers.get('Retry-After')).toBe('30');
    expect(app.audit()).toMatchObject({ outcome: 'unavailable' });
    expect(app.store.entries()).toEqual([]);
  });
});

describe('a key that is not known yet', () => {
  /** An app whose remote issuer lists these kids, and a clock to turn. */
  const rotating = (kids: string[]) => {
    const clock = { now: NOW };
    const listed = () => kids.map((kid) => ({ ...keys.acme.jwk, kid }));
    const fetch = async () => Response.json({ keys: listed() });
    return { clock, kids, app: controlApp(variables, () => clock.now, fetch) };
  };

  it.each(SENDERS)(
    '%s: forged ones spend the budget, the genuine one is 503 and then good',
    async (what, send) => {
      const { clock, kids, app } = rotating(['k']);
      // The issuer was asked for this very token and does not list its key: that is final.
      const forged = await send(app, { kid: 'made-up' });
      expect(forged.status).toBe(FORGED[what]);
      kids.push('rotated-in');
      clock.now += 10;
      const early = await send(app, { kid: 'rotated-in' });
      expect([early.status, early.headers.get('Retry-After')]).toEqual([503, '20']);
      expect(app.store.entries()).toEqual([]);
      clock.now += 20;
      const later = await send(app, { kid: 'rotated-in' });
      expect(later.ok).toBe(true);
    },
  );
});

const FORGED: Readonly<Record<string, number>> = {
  'an admin token': 401,
  'a token presented by an admin': 422,
  'a token presented by a client': 200,
  'a logout token': 400,
  'a SET': 400,
};

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
