import { describe, expect, it } from 'vitest';
import { ACME, accessToken, controlApp, keys, NOW, OTHER, VARIABLES } from './control-app.ts';

const PATH = '/v1/revocations';

describe('POST /v1/revocations with many at once', () => {
  it('stores them in one call, and tells each as it is stored, in order', async () => {
    const { admin, store, audit } = controlApp();
    const response = await admin('POST', PATH, {
      revocations: [
        { issuer: ACME, jti: 'a', reason: 'one' },
        { issuer: OTHER, sub: 'b', issued_before: NOW - 5, reason: 'two' },
        { token: await accessToken(), reason: 'one' },
      ],
    });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({
      revocations: [
        { issuer: ACME, jti: 'a', reason: 'one', intake: 'admin', revoked_by: 'admin:ops:alice' },
        { issuer: OTHER, sub: 'b', issued_before: NOW - 5, reason: 'two' },
        { issuer: ACME, jti: 'token-1', reason: 'one' },
      ],
    });
    expect(store.calls.filter((call) => call === 'revoke')).toHaveLength(1);
    expect(store.entries()).toHaveLength(3);
    expect(audit()).toMatchObject({ outcome: 'stored', count: 3, reason: 'one; two', status: 201 });
  });

  it('stores all of them or none: a mistake in one, another’s issuer, a forged token, a store that fails', async () => {
    const forged = await accessToken({}, keys.stranger);
    const own = { ...VARIABLES.CONTROL.admins.ops, may_revoke: ['acme'] };
    const { admin, store } = controlApp({
      ...VARIABLES,
      CONTROL: { ...VARIABLES.CONTROL, admins: { ops: own } },
    });
    const good = { issuer: ACME, jti: 'a' };
    for (const [bad, status] of [
      [{ issuer: ACME }, 400],
      [{ issuer: OTHER, jti: 'a' }, 403],
      [{ issuer: 'https://nobody.example', jti: 'a' }, 400],
      [{ token: forged }, 422],
    ] as const) {
      expect((await admin('POST', PATH, { revocations: [good, bad] })).status).toBe(status);
    }
    store.failing = new Set(['revoke']);
    expect((await admin('POST', PATH, { revocations: [good, { issuer: ACME, jti: 'b' }] })).status).toBe(503);
    expect(store.entries()).toEqual([]);
  });

  it('names every mistake with its place, and no value', async () => {
    const { admin } = controlApp();
    const response = await admin('POST', PATH, {
      revocations: [
        { issuer: ACME, sub: 'secret-1', jti: 'secret-2' },
        'secret-3',
        { issuer: ACME, jti: 'x', until: 'secret-4' },
        { issuer: ACME, jti: 'fine' },
      ],
    });
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(JSON.parse(text).errors).toEqual([
      'revocations[0]: exactly one of jti, sub, sid, client_id, tenant, kid, iss is needed',
      'revocations[1]: must be an object',
      expect.stringMatching(/^revocations\[2\]: unknown member/),
    ]);
    expect(text).not.toContain('secret');
  });

  it.each([
    ['no list', { revocations: {} }],
    ['an empty list', { revocations: [] }],
    ['more than 500', { revocations: Array.from({ length: 501 }, () => 0) }],
    ['a member beside the list', { revocations: [{ issuer: ACME, jti: 'a' }], reason: 'x' }],
  ])('refuses %s', async (_, body) => {
    const { admin, store } = controlApp();
    expect((await admin('POST', PATH, body)).status).toBe(400);
    expect(store.calls).not.toContain('revoke');
  });

  it('takes 500, and lists at most fifty mistakes', async () => {
    const { admin, store } = controlApp();
    const many = Array.from({ length: 500 }, (_, index) => ({ issuer: ACME, jti: `${index}` }));
    expect((await admin('POST', PATH, { revocations: many })).status).toBe(201);
    expect(store.entries()).toHaveLength(500);
    const wrong = await admin('POST', PATH, { revocations: many.map(() => ({ issuer: ACME })) });
    expect(((await wrong.json()) as { errors: unknown[] }).errors).toHaveLength(50);
  });

  it('tells of tokens that need none beside those that do, and stores nothing where none does', async () => {
    const { admin, store } = controlApp();
    const expired = await accessToken({ jti: 'old', exp: NOW - 100 });
    const mixed = await admin('POST', PATH, {
      revocations: [{ token: expired }, { issuer: ACME, jti: 'a' }],
    });
    expect(mixed.status).toBe(201);
    expect(await mixed.json()).toMatchObject({
      revocations: [{ revoked: false, state: 'expired', expires_at: NOW - 70 }, { jti: 'a' }],
    });
    const none = await admin('POST', PATH, { revocations: [{ token: expired }] });
    expect(none.status).toBe(200);
    expect(store.entries()).toHaveLength(1);
  });
});

describe('a whole issuer', () => {
  it('is revoked by a watermark, when its name is repeated', async () => {
    const { admin, store } = controlApp();
    const response = await admin('POST', PATH, { issuer: ACME, iss: ACME, reason: 'breach' });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ issuer: ACME, iss: ACME, issued_before: NOW });
    expect(store.entries()).toMatchObject([
      { predicate: { kind: 'iss', issuer: ACME, value: ACME, issuedBefore: NOW }, expiresAt: NOW + 3630 },
    ]);
    const lookUp = (iat: number) => admin('POST', `${PATH}/lookup`, { issuer: ACME, iss: ACME }, { iat });
    expect((await lookUp(NOW)).status, 'the admins of that issuer as well').toBe(401);
    expect(await (await lookUp(NOW + 1)).json()).toMatchObject({ revoked: true });
  });

  it.each([{ issuer: ACME, iss: OTHER }, { issuer: ACME, iss: 'yes' }, { issuer: ACME }])(
    'is not revoked by a slip: %j',
    async (body) => {
      const { admin, store } = controlApp();
      expect((await admin('POST', PATH, body)).status).toBe(400);
      expect(store.entries()).toEqual([]);
    },
  );
});

describe('GET /v1/revocations by what is asked for', () => {
  const listed = async (query: string, variables: Record<string, unknown> = VARIABLES) => {
    const { admin } = controlApp(variables);
    await admin('POST', PATH, {
      revocations: [
        { issuer: ACME, sub: 'user-1' },
        { issuer: ACME, jti: 'a' },
        { issuer: OTHER, sub: 'user-1' },
        { issuer: OTHER, kid: 'k' },
      ],
    });
    const response = await admin('GET', `${PATH}?${query}`);
    if (response.status !== 200) return response.status;
    const { revocations } = (await response.json()) as { revocations: Record<string, unknown>[] };
    return revocations.map((entry) => `${entry.issuer === ACME ? 'acme' : 'other'} ${kindOf(entry)}`).sort();
  };
  const kindOf = (entry: object) => ['jti', 'sub', 'kid'].find((kind) => kind in entry);

  it.each([
    ['', ['acme jti', 'acme sub', 'other kid', 'other sub']],
    ['kind=sub', ['acme sub', 'other sub']],
    [`issuer=${encodeURIComponent(ACME)}`, ['acme jti', 'acme sub']],
    [`issuer=${encodeURIComponent(ACME)}&kind=sub`, ['acme sub']],
    ['sub=user-1', ['acme sub', 'other sub']],
    [`sub=user-1&issuer=${encodeURIComponent(OTHER)}`, ['other sub']],
    ['sub=user-2', []],
    [`revoked_from=${NOW}&revoked_to=${NOW}`, ['acme jti', 'acme sub', 'other kid', 'other sub']],
    [`revoked_from=${NOW + 1}`, []],
    [`revoked_to=${NOW - 1}`, []],
    [`sub=user-1&revoked_from=${NOW + 1}`, []],
    [`sub=user-1&revoked_to=${NOW}`, ['acme sub', 'other sub']],
    ['kind=nonsense', 400],
    ['sub=user-1&kind=sub', 400],
    ['sub=user-1&jti=a', 400],
    ['sub=user-1&cursor=YQ', 400],
    ['revoked_from=yesterday', 400],
    ['issuer=https%3A%2F%2Fnobody.example', 400],
  ])('%s', async (query, expected) => {
    expect(await listed(query)).toEqual(expected);
  });

  it('tells an admin of one issuer nothing of another, however it asks', async () => {
    const own = { ...VARIABLES.CONTROL.admins.ops, may_revoke: ['acme'] };
    const { admin, store } = controlApp({
      ...VARIABLES,
      CONTROL: { ...VARIABLES.CONTROL, admins: { ops: own } },
    });
    for (const issuer of [ACME, OTHER]) {
      await store.revoke([
        {
          predicate: { kind: 'sub', issuer, value: 'user-1', issuedBefore: 1 },
          expiresAt: NOW + 60,
          revokedAt: NOW,
          revokedBy: 'x',
          intake: 'admin',
          reason: '',
        },
      ]);
    }
    for (const query of ['', 'sub=user-1', 'limit=1', 'kind=sub']) {
      const response = await admin('GET', `${PATH}?${query}`);
      const page = (await response.json()) as { revocations: { issuer: string }[]; cursor?: string };
      expect(page.revocations.map(({ issuer }) => issuer)).toEqual([ACME]);
      expect(page.cursor).toBeUndefined();
    }
    const foreign = await admin('GET', `${PATH}?issuer=${encodeURIComponent(OTHER)}`);
    expect(foreign.status).toBe(403);
  });
});

describe('an entry that is revoked again', () => {
  it('is answered as it is stored: the later watermark, and what was said before', async () => {
    const { admin, store } = controlApp();
    store.stored = (entry) => ({
      ...entry,
      expiresAt: NOW + 9_999,
      history: [{ revokedAt: 1, revokedBy: 'a', intake: 'admin', reason: 'first' }],
    });
    const response = await admin('POST', PATH, { issuer: ACME, sub: 'x', reason: 'second' });
    expect(await response.json()).toMatchObject({
      reason: 'second',
      expires_at: NOW + 9_999,
      history: [{ revoked_at: 1, revoked_by: 'a', intake: 'admin', reason: 'first' }],
    });
  });
});
