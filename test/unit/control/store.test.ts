import { describe, expect, it } from 'vitest';
import { sign } from '../../fixtures/tokens.ts';
import { ACME, type ControlApp, controlApp, form, keys, NOW } from './control-app.ts';

const STORE = '/v1/store';
const ADOPT = '/v1/store/adopt';
const LIST = '/v1/revocations';

const logOut = async ({ request }: ControlApp) => {
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const claims = { iss: ACME, aud: 'web', sub: 'user', iat: NOW, exp: NOW + 60, jti: 'logout-1', events };
  return request('/logout/backchannel', form({ logout_token: await sign(keys.acme, claims) }));
};

describe('GET /v1/store', () => {
  it('tells which store this is and how it stands', async () => {
    const { admin } = controlApp();
    const response = await admin('GET', STORE);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      store: 'a store in memory',
      epoch: 'epoch-1',
      position: 7,
      kept_seconds: null,
    });
    expect((await admin('GET', STORE, undefined, { scope: 'revocations:write' })).status).toBe(403);
  });
});

describe('POST /v1/store/adopt', () => {
  it('begins an epoch, says so, and is audited with both', async () => {
    const { admin, store, audit } = controlApp();
    const response = await admin('POST', ADOPT);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ epoch: 'epoch-2', previous: 'epoch-1' });
    expect(store.epoch).toBe('epoch-2');
    expect(audit()).toMatchObject({
      outcome: 'adopted',
      by: 'admin:ops:alice',
      detail: 'epoch epoch-2, before epoch-1',
      status: 200,
    });
  });

  it('wants the write scope, no query and no body', async () => {
    const { admin, store } = controlApp();
    expect((await admin('POST', ADOPT, undefined, { scope: 'revocations:read' })).status).toBe(403);
    expect((await admin('POST', `${ADOPT}?x=1`)).status).toBe(400);
    expect((await admin('POST', ADOPT, {})).status).toBe(400);
    expect((await admin('GET', ADOPT)).status).toBe(405);
    expect(store.calls).not.toContain('adopt');
  });
});

describe('a store in doubt', () => {
  it.each([
    ['never marked', false],
    ['that has lost its mark', true],
  ])('%s: every caller hears 503, nothing is written, and adopting ends it', async (_, known) => {
    const app = controlApp();
    const { admin, store } = app;
    if (known) expect((await admin('GET', LIST)).status).toBe(200);
    store.epoch = undefined;
    const entries = store.entries().length;
    const answers = [
      await admin('GET', LIST),
      await admin('GET', STORE),
      await admin('POST', LIST, { issuer: ACME, sub: 'user' }),
      await admin('DELETE', LIST, { issuer: ACME, sub: 'user' }),
      await admin('POST', '/global-token-revocation', { sub_id: { format: 'opaque', id: 'x' } }),
      await logOut(app),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
    for (const answer of answers) expect(answer.headers.get('Retry-After')).toMatch(/^\d+$/);
    expect(store.entries()).toHaveLength(entries);
    expect((await admin('POST', ADOPT)).status).toBe(200);
    expect((await admin('POST', LIST, { issuer: ACME, sub: 'user' })).status).toBe(201);
    expect((await logOut(app)).status).toBe(204);
  });

  it('is not ended by a token that could have been revoked and forgotten', async () => {
    const { admin, store } = controlApp();
    store.epoch = undefined;
    const old = { iat: NOW - 700, exp: NOW + 600 };
    expect((await admin('POST', ADOPT, undefined, old)).status).toBe(401);
    expect(store.epoch).toBeUndefined();
    expect((await admin('POST', ADOPT, undefined, { iat: NOW - 500, exp: NOW + 600 })).status).toBe(200);
  });

  it('is not ended by a caller whom this isolate knows to be revoked', async () => {
    const { admin, store } = controlApp();
    const alice = { sub: 'alice', iat: NOW - 10 };
    expect((await admin('POST', LIST, { issuer: ACME, sub: 'alice' }, { sub: 'bob' })).status).toBe(201);
    expect((await admin('GET', LIST, undefined, alice)).status).toBe(401);
    store.epoch = undefined;
    expect((await admin('POST', ADOPT, undefined, alice)).status).toBe(401);
    expect(store.epoch).toBeUndefined();
  });
});
