import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RevocationNamespace } from '../../../src/revocation-store/durable/call.ts';
import { createDurableStore } from '../../../src/revocation-store/durable/store.ts';
import { newGrantId } from '../../../src/token-service/grants/grant-token.ts';
import type { GrantAnswer, GrantFacts, TokenAsk } from '../../../src/token-service/grants/record.ts';
import type { GrantNamespace } from '../../../src/token-service/ports.ts';

const { GRANTS, REVOCATIONS } = env as { GRANTS: GrantNamespace; REVOCATIONS: RevocationNamespace };
const ISSUER = 'https://tokens.test';
const store = createDurableStore(REVOCATIONS);
const START = new Date('2026-11-28T00:00:00Z').getTime();

const FACTS: GrantFacts = {
  clientId: 'page',
  subject: 'alice',
  scope: ['orders:read', 'orders:write'],
  resources: ['https://api.test'],
  authTime: START / 1000,
  acr: null,
  amr: null,
  upstream: null,
  login: '{}',
  refreshable: true,
};
const ASK: TokenAsk = { clientId: 'page', scope: null, resource: null };
const VERIFIER = 'v'.repeat(43);
const REDIRECT = 'https://page.test/callback';

const challengeOf = async (verifier: string) => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  return new Uint8Array(digest).toBase64({ alphabet: 'base64url', omitPadding: true });
};

const at = (seconds: number) => vi.setSystemTime(START + seconds * 1000);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A grant of a subject of its own, since the deny-list is one for all tests. */
async function begun(change: Partial<GrantFacts> = {}) {
  const id = newGrantId();
  const grant = GRANTS.getByName(id);
  const facts = { ...FACTS, subject: `alice-${id}`, ...change };
  const binding = { redirectUri: REDIRECT, challenge: await challengeOf(VERIFIER) };
  const code = String(await grant.begin(id, facts, binding));
  return { id, grant, code, facts };
}

async function live(change: Partial<GrantFacts> = {}) {
  const made = await begun(change);
  const first = granted(await made.grant.redeem(made.code, ASK, REDIRECT, VERIFIER));
  return { ...made, first };
}

function granted(answer: GrantAnswer) {
  if (!answer.granted) throw new Error(answer.error);
  return { ...answer, refreshToken: String(answer.refreshToken) };
}

const denied = (id: string) => store.lookup({ kind: 'sid', issuer: ISSUER, value: id }, Date.now() / 1000);

describe('a grant', () => {
  it('gives tokens for its code, and a successor for its refresh token', async () => {
    const { id, grant, first, facts } = await live();
    const claims = decodeJwt(first.accessToken);
    expect(claims).toMatchObject({ sub: facts.subject, sid: id, client_id: 'page', aud: 'https://api.test' });
    const second = granted(await grant.refresh(first.refreshToken, ASK));
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(decodeJwt(second.accessToken).jti).not.toBe(claims.jti);
  });

  it.each<[string, TokenAsk, string, string]>([
    ['another client', { ...ASK, clientId: 'machine' }, REDIRECT, VERIFIER],
    ['another redirect URI', ASK, `${REDIRECT}/`, VERIFIER],
    ['another verifier', ASK, REDIRECT, 'w'.repeat(43)],
    ['a verifier that is none', ASK, REDIRECT, 'v'.repeat(42)],
  ])('refuses the code to %s, and leaves it good', async (_what, ask, redirect, verifier) => {
    const { grant, code } = await begun();
    expect(await grant.redeem(code, ask, redirect, verifier)).toEqual({
      granted: false,
      error: 'invalid_grant',
    });
    expect((await grant.redeem(code, ASK, REDIRECT, VERIFIER)).granted).toBe(true);
  });

  it('ends, and its access tokens with it, when its code is used twice', async () => {
    const { id, grant, code, first } = await live();
    expect(await grant.redeem(code, ASK, REDIRECT, VERIFIER)).toEqual({
      granted: false,
      error: 'invalid_grant',
      ended: 'code_reused',
    });
    expect((await grant.refresh(first.refreshToken, ASK)).granted).toBe(false);
    expect(await denied(id)).toMatchObject({ reason: 'code_reused', intake: 'grant' });
  });

  it('gives a hundred simultaneous uses of one token the same successor, byte for byte', async () => {
    const { grant, first } = await live();
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => grant.refresh(first.refreshToken, ASK)),
    );
    expect(new Set(answers.map((answer) => granted(answer).refreshToken)).size).toBe(1);
    expect(new Set(answers.map((answer) => granted(answer).accessToken)).size).toBe(100);
    const successor = granted(answers[0] ?? { granted: false, error: 'unavailable' }).refreshToken;
    expect((await grant.refresh(successor, ASK)).granted).toBe(true);
  });

  it('gives the same successor after its memory is gone', async () => {
    const { grant, first } = await live();
    const { refreshToken } = granted(await grant.refresh(first.refreshToken, ASK));
    await evictDurableObject(grant);
    expect(granted(await grant.refresh(first.refreshToken, ASK)).refreshToken).toBe(refreshToken);
  });

  it.each([
    ['after the interval', 10],
    ['much later', 4_000],
  ])('ends when a token is used again %s, and has its access tokens refused', async (_what, seconds) => {
    const { id, grant, first } = await live();
    const second = granted(await grant.refresh(first.refreshToken, ASK));
    at(seconds);
    expect((await grant.refresh(first.refreshToken, ASK)).granted).toBe(false);
    expect((await grant.refresh(second.refreshToken, ASK)).granted).toBe(false);
    const entry = await denied(id);
    expect(entry?.reason).toBe('refresh_reused');
    // The longest access token and the clocks' tolerance.
    expect(entry?.expiresAt).toBe(START / 1000 + seconds + 960);
  });

  it('cannot be ended by who only knows its name', async () => {
    const { grant, first } = await live();
    granted(await grant.refresh(first.refreshToken, ASK));
    at(100);
    const forged = first.refreshToken.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'));
    const shortened = first.refreshToken.slice(0, -1);
    for (const text of [forged, shortened, 'prt_', '', 'x'.repeat(5_000)]) {
      expect(await grant.refresh(text, ASK)).toEqual({ granted: false, error: 'invalid_grant' });
    }
    expect(await grant.refresh(first.refreshToken, { ...ASK, clientId: 'machine' })).toEqual({
      granted: false,
      error: 'invalid_grant',
    });
    const { grant: other } = await live();
    expect((await other.refresh(first.refreshToken, ASK)).granted).toBe(false);
  });

  it('takes a code for no refresh token, and the reverse', async () => {
    const { grant, code, first } = await live();
    expect((await grant.refresh(code, ASK)).granted).toBe(false);
    expect((await grant.redeem(first.refreshToken, ASK, REDIRECT, VERIFIER)).granted).toBe(false);
    expect((await grant.refresh(first.refreshToken, ASK)).granted).toBe(true);
  });

  it.each<[string, Partial<TokenAsk>, string]>([
    ['a scope that was not granted', { scope: ['bills:read'] }, 'invalid_scope'],
    ['more than was granted', { scope: ['orders:read', 'admin'] }, 'invalid_scope'],
    ['a resource that was not granted', { resource: 'https://billing.test' }, 'invalid_target'],
    ['a resource that there is not', { resource: 'https://else.test' }, 'invalid_target'],
  ])('asked for %s, refuses and spends nothing', async (_what, change, error) => {
    const { grant, first } = await live();
    expect(await grant.refresh(first.refreshToken, { ...ASK, ...change })).toEqual({ granted: false, error });
    at(100);
    expect((await grant.refresh(first.refreshToken, ASK)).granted).toBe(true);
  });

  it('narrows one access token without narrowing the grant (RFC 6749 §6)', async () => {
    const { grant, first } = await live();
    const narrow = granted(await grant.refresh(first.refreshToken, { ...ASK, scope: ['orders:read'] }));
    expect(narrow.scope).toEqual(['orders:read']);
    expect(granted(await grant.refresh(narrow.refreshToken, ASK)).scope).toEqual(FACTS.scope);
  });

  it('gives no refresh token where the client has not the grant', async () => {
    const { grant, code } = await begun({ refreshable: false });
    expect(await grant.redeem(code, ASK, REDIRECT, VERIFIER)).toMatchObject({
      granted: true,
      refreshToken: null,
    });
  });

  it.each([
    ['the subject', { kind: 'sub' as const }],
    ['the session', { kind: 'sid' as const }],
    ['the client', { kind: 'client_id' as const }],
    ['every token of the issuer', { kind: 'iss' as const }],
  ])('ends when somebody has revoked %s in the deny-list since it began', async (_what, { kind }) => {
    const { id, grant, first, facts } = await live();
    at(20);
    const value = { sid: id, sub: facts.subject, client_id: facts.clientId, iss: ISSUER }[kind];
    const predicate =
      kind === 'sid'
        ? { kind, issuer: ISSUER, value }
        : { kind, issuer: ISSUER, value, issuedBefore: START / 1000 + 10 };
    const now = Date.now() / 1000;
    const entry = {
      predicate,
      expiresAt: now + 900,
      revokedAt: now,
      revokedBy: 'admin',
      intake: 'admin',
      reason: '',
    };
    await store.revoke([entry]);
    expect((await grant.refresh(first.refreshToken, ASK)).granted).toBe(false);
    await store.unrevoke({ kind, issuer: ISSUER, value }, 'admin', now);
    expect((await grant.refresh(first.refreshToken, ASK)).granted, 'it stays ended').toBe(false);
  });

  it('of a login after the watermark lives', async () => {
    const id = newGrantId();
    const subject = `alice-${id}`;
    const now = START / 1000;
    const predicate = { kind: 'sub', issuer: ISSUER, value: subject, issuedBefore: now } as const;
    await store.revoke([
      { predicate, expiresAt: now + 900, revokedAt: now, revokedBy: 'admin', intake: 'admin', reason: '' },
    ]);
    at(1);
    const { grant, first } = await live({ subject });
    expect((await grant.refresh(first.refreshToken, ASK)).granted).toBe(true);
  });

  it('forgets itself when neither it nor an access token of it can be good', async () => {
    const { grant } = await live();
    const remembers = () =>
      runInDurableObject(grant, (_object, state) => state.storage.kv.get('grant') !== undefined);
    at(7 * 86_400 + 959);
    await runDurableObjectAlarm(grant);
    expect(await remembers()).toBe(true);
    at(7 * 86_400 + 960);
    await runDurableObjectAlarm(grant);
    expect(await remembers()).toBe(false);
  });

  it('stores no code and no token, whole or in part', async () => {
    const { grant, code, first } = await live();
    const { refreshToken } = granted(await grant.refresh(first.refreshToken, ASK));
    const stored = await runInDurableObject(grant, (_object, state) =>
      JSON.stringify([...state.storage.kv.list()]),
    );
    expect(stored).toContain('orders:read');
    for (const token of [code, first.refreshToken, refreshToken, first.accessToken]) {
      for (const part of token.split('.')) {
        expect(stored).not.toContain(part.slice(-20));
      }
    }
  });

  it('tells of its newest refresh token until that is over, to the second', async () => {
    const { grant, first } = await live();
    const view = await grant.introspect(first.refreshToken, 'page');
    if (view === null || view === 'unknown') throw new Error('it is good');
    at(view.expiresAt - START / 1000 - 1);
    expect(await grant.introspect(first.refreshToken, 'page')).toMatchObject({ expiresAt: view.expiresAt });
    at(view.expiresAt - START / 1000);
    expect(await grant.introspect(first.refreshToken, 'page')).toBeNull();
  });

  it('is revoked by any of its refresh tokens, for its own client alone', async () => {
    const { id, grant, first } = await live();
    const second = granted(await grant.refresh(first.refreshToken, ASK));
    expect(await grant.revoke(second.refreshToken, 'machine')).toBe(true);
    expect(await grant.introspect(second.refreshToken, 'page')).toMatchObject({ sid: id });
    expect(await grant.introspect(first.refreshToken, 'page')).toBeNull();
    expect(await grant.revoke(first.refreshToken, 'page')).toBe(true);
    expect(await grant.introspect(second.refreshToken, 'page')).toBeNull();
    expect(await denied(id)).toMatchObject({ reason: 'revoked' });
  });
});
