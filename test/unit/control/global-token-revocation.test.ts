import { describe, expect, it } from 'vitest';
import { EVERYTHING } from '../../fixtures/memory-store.ts';
import { ACME, CONTROL, controlApp, NOW, OTHER, VARIABLES } from './control-app.ts';

const PATH = '/global-token-revocation';
const SUBJECT = { format: 'iss_sub', iss: ACME, sub: 'user-1' };

describe('Global Token Revocation (draft-parecki-oauth-global-token-revocation)', () => {
  it('revokes every token the subject was issued until now', async () => {
    const { admin, store } = controlApp();
    const response = await admin('POST', PATH, { sub_id: SUBJECT });
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(store.entries()).toMatchObject([
      {
        predicate: { kind: 'sub', issuer: ACME, value: 'user-1', issuedBefore: NOW },
        revokedBy: 'admin:ops:alice',
        intake: 'global_token_revocation',
      },
    ]);
  });

  it('sets the watermark at this very moment, not at the second it is in', async () => {
    const { admin, store } = controlApp(VARIABLES, () => NOW + 0.75);
    expect((await admin('POST', PATH, { sub_id: SUBJECT })).status).toBe(204);
    expect(store.entries()).toMatchObject([{ predicate: { issuedBefore: NOW + 0.75 } }]);
  });

  it.each<[string, unknown, number]>([
    ['no sub_id', {}, 400],
    ['sub_id as text', { sub_id: 'user-1' }, 400],
    ['a member more', { sub_id: SUBJECT, subject: SUBJECT }, 400],
    ['a subject without format', { sub_id: { iss: ACME, sub: 'user-1' } }, 400],
    ['no JSON', '{', 400],
    ['sub_id twice', '{"sub_id":{"format":"opaque","id":"a"},"sub_id":{"format":"opaque","id":"b"}}', 400],
    ['a format that maps to nothing', { sub_id: { format: 'email', email: 'a@b.example' } }, 422],
    ['an issuer that is not configured', { sub_id: { ...SUBJECT, iss: 'https://evil.example' } }, 403],
  ])('refuses %s', async (_what, body, status) => {
    const { admin, store } = controlApp();
    expect((await admin('POST', PATH, body)).status).toBe(status);
    expect(store.entries()).toEqual([]);
  });

  it('asks for the write scope, and for an issuer the caller may revoke for', async () => {
    const CONTROL_TABLE = { admins: { ops: { issuer: 'acme', audience: [CONTROL], may_revoke: ['acme'] } } };
    const { admin, request } = controlApp({ ...VARIABLES, CONTROL: CONTROL_TABLE });
    expect((await admin('POST', PATH, { sub_id: SUBJECT }, { scope: 'revocations:read' })).status).toBe(403);
    expect((await admin('POST', PATH, { sub_id: { ...SUBJECT, iss: OTHER } })).status).toBe(403);
    expect((await request(PATH, { method: 'POST', body: '{}' })).status).toBe(401);
  });

  it('answers 503 while the store does, and stores once on the retry', async () => {
    const { admin, store } = controlApp();
    store.failing = EVERYTHING;
    expect((await admin('POST', PATH, { sub_id: SUBJECT })).status).toBe(503);
    store.failing = new Set();
    expect((await admin('POST', PATH, { sub_id: SUBJECT })).status).toBe(204);
    expect(store.entries()).toHaveLength(1);
  });
});
