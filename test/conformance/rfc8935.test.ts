import { describe, expect, it } from 'vitest';
import { EVERYTHING } from '../fixtures/memory-store.ts';
import {
  ACME,
  CONTROL,
  controlApp,
  keys,
  NOW,
  OTHER,
  SECRET,
  VARIABLES,
} from '../unit/control/control-app.ts';
import { CAEP, errorCode, push, RISC, SSF, securityEvent } from '../unit/control/security-event.ts';

const SUBJECT = { format: 'iss_sub', iss: ACME, sub: 'user-1' };
const withTransmitter = (table: object) =>
  controlApp({
    ...VARIABLES,
    CONTROL: { transmitters: { idp: { issuer: 'acme', audience: [`${CONTROL}/ssf/events`], ...table } } },
  });

describe('RFC 8935: Push-Based SET Delivery', () => {
  it('RFC 8935 §2.2: 202 with an empty body once the revocation is stored', async () => {
    const { app, response } = await push(await securityEvent());
    expect(response.status).toBe(202);
    expect(await response.text()).toBe('');
    expect(app.store.entries()).toMatchObject([
      {
        predicate: { kind: 'sub', issuer: ACME, value: 'user-1', issuedBefore: NOW - 5 },
        revokedBy: 'transmitter:idp',
        intake: 'shared_signals',
        reason: 'session-revoked',
      },
    ]);
    expect(app.audit()).toMatchObject({ outcome: 'stored', by: 'transmitter:idp', count: 1 });
  });

  it.each<[string, object]>([
    [`${CAEP}session-revoked`, {}],
    [`${CAEP}credential-change`, { credential_type: 'password', change_type: 'update' }],
    [`${CAEP}credential-change`, { credential_type: 'fido2-roaming', change_type: 'delete' }],
    [`${CAEP}credential-change`, { credential_type: 'fido2-roaming', change_type: 'revoke' }],
    [`${RISC}account-disabled`, { reason: 'hijacking' }],
    [`${RISC}account-purged`, {}],
    [`${RISC}account-credential-change-required`, {}],
    [`${RISC}credential-compromise`, { credential_type: 'password' }],
    [`${RISC}sessions-revoked`, {}],
    ['https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked', {}],
  ])('RFC 8935 §2.2: %s revokes the subject', async (type, payload) => {
    const { app, response } = await push(await securityEvent({ events: { [type]: payload } }));
    expect(response.status).toBe(202);
    expect(app.store.entries()).toMatchObject([{ predicate: { kind: 'sub', value: 'user-1' } }]);
  });

  it.each<[string, object, number]>([
    ['the same', { format: 'iss_sub', iss: ACME, sub: 'user-1' }, 202],
    ['the same in a draft’s words', { subject_type: 'iss-sub', iss: ACME, sub: 'user-1' }, 202],
    ['an address, which is in no token,', { format: 'email', email: 'a@b.example' }, 202],
    ['somebody else', { format: 'iss_sub', iss: ACME, sub: 'user-2' }, 400],
    ['somebody of another issuer', { format: 'iss_sub', iss: OTHER, sub: 'user-1' }, 400],
    ['nobody', { format: 'iss_sub' }, 400],
  ])(
    'SSF 1.0 §3.1.1: an event that names %s beside the sub_id of its SET',
    async (_what, subject, status) => {
      const events = { [`${RISC}account-disabled`]: { subject } };
      const { app, response } = await push(await securityEvent({ events }));
      expect(response.status).toBe(status);
      const revoked = { predicate: { kind: 'sub', value: 'user-1' } };
      expect(app.store.entries()).toMatchObject(status === 202 ? [revoked] : []);
    },
  );

  it.each<[string, object]>([
    [`${SSF}verification`, { state: 'opaque-state' }],
    [`${SSF}verification`, {}],
    [`${SSF}stream-updated`, { status: 'paused' }],
    [`${CAEP}credential-change`, { change_type: 'create' }],
    [`${CAEP}assurance-level-change`, {}],
    [`${RISC}account-enabled`, {}],
    ['https://schemas.example/unknown', {}],
    ['constructor', {}],
  ])('RFC 8935 §2.2: %s is acknowledged, recorded, and revokes nothing', async (type, payload) => {
    const claims = { sub_id: { format: 'opaque', id: 'stream-1' }, events: { [type]: payload } };
    const { app, response } = await push(await securityEvent(claims));
    expect(response.status).toBe(202);
    expect(app.store.entries()).toEqual([]);
    expect(app.audit()).toMatchObject({ outcome: 'acknowledged', detail: type });
  });

  it('RFC 8935 §2.3: a malformed payload of a known event is invalid_request', async () => {
    for (const events of [
      { [`${SSF}verification`]: { state: 7 } },
      { [`${CAEP}credential-change`]: {} },
      { [`${CAEP}credential-change`]: { change_type: 'other' } },
    ]) {
      expect(await errorCode((await push(await securityEvent({ events }))).response)).toBe('invalid_request');
    }
  });

  it.each<[string, RequestInit]>([
    ['another media type', { headers: { 'Content-Type': 'application/jwt' }, body: 'x' }],
    ['a form', { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'x=y' }],
    ['no media type', { body: new Uint8Array([0x78]) }],
    ['an empty body', { headers: { 'Content-Type': 'application/secevent+jwt' } }],
    [
      'a body over the cap',
      { headers: { 'Content-Type': 'application/secevent+jwt' }, body: 'x'.repeat(70_000) },
    ],
    [
      'an encoded body',
      { headers: { 'Content-Type': 'application/secevent+jwt', 'Content-Encoding': 'gzip' }, body: 'x' },
    ],
    ['two SETs', { headers: { 'Content-Type': 'application/secevent+jwt' }, body: 'a.b.c\na.b.c' }],
  ])('RFC 8935 §2.1: %s is invalid_request', async (_what, init) => {
    const { request } = controlApp();
    expect(await errorCode(await request('/ssf/events', { method: 'POST', ...init }))).toBe(
      'invalid_request',
    );
  });

  it.each<[string, string | undefined]>([
    ['no credential', undefined],
    ['another one', `Bearer ${SECRET}x`],
    ['another scheme', `Basic ${SECRET}`],
    ['it twice', `Bearer ${SECRET}, Bearer ${SECRET}`],
  ])(
    'RFC 8935 §2.4: a transmitter that presents %s is authentication_failed',
    async (_what, authorization) => {
      const app = withTransmitter({ authorization: 'SSF_SECRET' });
      const headers: Record<string, string> =
        authorization === undefined ? {} : { Authorization: authorization };
      const { response } = await push(await securityEvent(), app, headers);
      expect(await errorCode(response)).toBe('authentication_failed');
      expect(app.store.entries()).toEqual([]);
    },
  );

  it('RFC 8935 §2.4: the credential agreed on, with the signature, is accepted', async () => {
    const app = withTransmitter({ authorization: 'SSF_SECRET' });
    const { response } = await push(await securityEvent(), app, { Authorization: `bearer ${SECRET}` });
    expect(response.status).toBe(202);
    const forged = await push(await securityEvent({}, {}, keys.stranger), app, {
      Authorization: `Bearer ${SECRET}`,
    });
    expect(await errorCode(forged.response)).toBe('invalid_key');
  });

  it('RFC 8935 §2.4: a transmitter that speaks for subjects of another issuer is access_denied', async () => {
    const foreign = await securityEvent({ sub_id: { ...SUBJECT, iss: OTHER } });
    const { app, response } = await push(foreign);
    expect(await errorCode(response)).toBe('access_denied');
    expect(app.store.entries()).toEqual([]);
    const allowed = await push(foreign, withTransmitter({ may_revoke: ['acme', 'other'] }));
    expect(allowed.response.status).toBe(202);
    expect(allowed.app.store.entries()).toMatchObject([{ predicate: { issuer: OTHER } }]);
  });

  it('RFC 8935 §2: a SET that is sent again is acknowledged again and stored once', async () => {
    const token = await securityEvent();
    const { app } = await push(token);
    const before = app.store.entries();
    expect((await push(token, app)).response.status).toBe(202);
    expect(app.store.entries()).toEqual(before);
    expect(app.audit()).toMatchObject({ outcome: 'replayed' });
  });

  it('RFC 8935 §2: a replayed SET does not bring back what was un-revoked since', async () => {
    const token = await securityEvent();
    const app = controlApp();
    await push(token, app);
    await app.admin('DELETE', '/v1/revocations', { issuer: ACME, sub: 'user-1' });
    expect((await push(token, app)).response.status).toBe(202);
    expect(app.store.entries()).toEqual([]);
  });

  it('RFC 8935 §2: an old SET whose tokens have all expired is acknowledged and stores nothing', async () => {
    const old = await securityEvent({ iat: NOW - 3600 - 31 });
    const { app, response } = await push(old);
    expect(response.status).toBe(202);
    expect(app.store.entries()).toEqual([]);
    expect(app.audit()).toMatchObject({ outcome: 'acknowledged' });
  });

  it.each(['isClaimed', 'revoke', 'claimOnce'])(
    'RFC 8935 §2.3: while %s fails the answer is 503, and what is sent again counts',
    async (step) => {
      const app = controlApp();
      const token = await securityEvent();
      app.store.failing = new Set([step]);
      const { response } = await push(token, app);
      expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '5']);
      app.store.failing = new Set();
      expect((await push(token, app)).response.status).toBe(202);
      expect(app.store.entries()).toHaveLength(1);
      expect(app.audit()).toMatchObject({ outcome: 'stored' });
    },
  );

  it('RFC 8935 §2.3: an outage of everything is 503, not an error of the SET', async () => {
    const app = controlApp();
    app.store.failing = EVERYTHING;
    expect((await push(await securityEvent(), app)).response.status).toBe(503);
    expect(app.audit()).toMatchObject({ outcome: 'unavailable' });
  });

  it('RFC 8935 §5.4: a transmitter is held to its rate', async () => {
    const app = controlApp();
    app.limited.add('transmitter:idp');
    const { response } = await push(await securityEvent(), app);
    expect([response.status, response.headers.get('Retry-After')]).toEqual([429, '60']);
  });

  it('RFC 8935 §6: neither jti nor subject nor SET is in the log', async () => {
    const token = await securityEvent({ jti: 'secret-jti', sub_id: { ...SUBJECT, sub: 'secret-sub' } });
    const { app } = await push(token);
    const log = JSON.stringify(app.events);
    expect(log).not.toContain('secret-');
    expect(log).not.toContain(token.split('.')[1]);
  });
});
