import { describe, expect, it } from 'vitest';
import { ACME, accessToken, controlApp, keys, NOW } from './control-app.ts';

const PATH = '/v1/revocations/preview';

describe('POST /v1/revocations/preview', () => {
  it('shows the entry as it would be written, beside the one that stands, and writes nothing', async () => {
    const { admin, store, audit } = controlApp();
    const body = { issuer: ACME, sub: 'user-1', reason: 'why' };
    const answer = await admin('POST', PATH, body);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        entry: {
          issuer: ACME,
          sub: 'user-1',
          issued_before: NOW,
          expires_at: NOW + 3_630,
          revoked_at: NOW,
          revoked_by: 'admin:ops:alice',
          intake: 'admin',
          reason: 'why',
        },
        standing: null,
      },
    ]);
    expect(store.entries()).toEqual([]);
    expect(store.calls).not.toContain('revoke');
    expect(audit()).toMatchObject({ intake: `POST ${PATH}`, outcome: 'read', count: 1 });
    await admin('POST', '/v1/revocations', { ...body, reason: 'before' });
    expect(await (await admin('POST', PATH, body)).json()).toMatchObject({
      entry: { reason: 'why' },
      standing: { sub: 'user-1', reason: 'before' },
    });
    expect(store.entries()).toHaveLength(1);
  });

  it('is refused as the revocation would be', async () => {
    const { admin, store } = controlApp();
    const one = { issuer: ACME, jti: 'a' };
    for (const [body, status] of [
      [{ issuer: ACME }, 400],
      [{ issuer: 'https://nobody.example', jti: 'a' }, 400],
      [{ token: await accessToken({}, keys.stranger) }, 422],
      [{ revocations: [one] }, 400],
      [{ revocations: [one, one] }, 400],
    ] as const) {
      expect((await admin('POST', PATH, body)).status).toBe(status);
    }
    expect((await admin('POST', PATH, one, { scope: 'revocations:read' })).status).toBe(403);
    store.failing = new Set(['lookup']);
    expect((await admin('POST', PATH, one)).status).toBe(503);
  });

  it('says of a token that has expired that nothing would be written', async () => {
    const { admin } = controlApp();
    const token = await accessToken({ iat: NOW - 4_000, exp: NOW - 400 });
    expect(await (await admin('POST', PATH, { token })).json()).toMatchObject({ state: 'expired' });
  });
});
