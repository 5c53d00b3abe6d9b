import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  enterIndexes,
  type GrantIndexNamespace,
  sessionIndexName,
  subjectIndexName,
} from '../../../src/token-service/grants/grant-index.ts';
import { newGrantId } from '../../../src/token-service/grants/grant-token.ts';
import type { GrantAnswer, GrantFacts, UpstreamLogin } from '../../../src/token-service/grants/record.ts';
import type { GrantNamespace } from '../../../src/token-service/ports.ts';

const { GRANTS, GRANT_INDEX } = env as { GRANTS: GrantNamespace; GRANT_INDEX: GrantIndexNamespace };
const START = Date.UTC(2026, 10, 28) / 1000;
const ASK = { clientId: 'page', scope: null, resource: null };
const UPSTREAM: UpstreamLogin = { name: 'corp', issuer: 'https://id.test', sid: 's1', issuedAt: START };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START * 1000 });
});
afterEach(() => {
  vi.useRealTimers();
});

async function opened(subject: string, upstream: UpstreamLogin | null) {
  const id = newGrantId();
  const facts: GrantFacts = {
    clientId: 'page',
    subject,
    scope: ['orders:read'],
    resources: ['https://api.test'],
    authTime: START,
    acr: null,
    amr: null,
    upstream,
    login: '{}',
    refreshable: true,
  };
  const answer: GrantAnswer = await GRANTS.getByName(id).open(id, facts, ASK);
  const refreshed = async (): Promise<boolean> => {
    if (!answer.granted) throw new Error(answer.error);
    return (await GRANTS.getByName(id).refresh(String(answer.refreshToken), ASK)).granted;
  };
  return { id, answer, refreshed };
}

const ofSubject = async (subject: string) => GRANT_INDEX.getByName(await subjectIndexName(subject));
const ofSession = async ({ issuer, sid }: UpstreamLogin) =>
  GRANT_INDEX.getByName(await sessionIndexName(issuer, String(sid)));
const subjectOfOneTest = () => `somebody-${newGrantId()}`;

describe('the index of grants', () => {
  it('knows every grant of a subject, however it began, and ends them all', async () => {
    const subject = subjectOfOneTest();
    const first = await opened(subject, null);
    const second = await opened(subject, { ...UPSTREAM, sid: null });
    const other = await opened(subjectOfOneTest(), null);
    const index = await ofSubject(subject);
    expect((await index.list()).map(({ id }) => id).sort()).toEqual([first.id, second.id].sort());
    expect(await index.endAll('logged_out')).toBe(true);
    expect([await first.refreshed(), await second.refreshed(), await other.refreshed()]).toEqual([
      false,
      false,
      true,
    ]);
    expect(await index.list()).toEqual([]);
  });

  it('ends what stands on a session at the provider, and nothing else of the subject', async () => {
    const subject = subjectOfOneTest();
    const session = { ...UPSTREAM, sid: newGrantId() };
    const mine = await opened(subject, session);
    const elsewhere = await opened(subject, { ...UPSTREAM, sid: newGrantId() });
    expect(await (await ofSession(session)).endLogins('corp', START)).toBe(true);
    expect([await mine.refreshed(), await elsewhere.refreshed()]).toEqual([false, true]);
  });

  it('tells a logout of a subject at one provider from its logins at another, and from later ones', async () => {
    const subject = subjectOfOneTest();
    const before = await opened(subject, { ...UPSTREAM, sid: null });
    const after = await opened(subject, { ...UPSTREAM, sid: null, issuedAt: START + 1 });
    const foreign = await opened(subject, { ...UPSTREAM, name: 'other', sid: null });
    const asserted = await opened(subject, null);
    expect(await (await ofSubject(subject)).endLogins('corp', START)).toBe(true);
    expect(await before.refreshed()).toBe(false);
    expect(await after.refreshed()).toBe(true);
    expect(await foreign.refreshed()).toBe(true);
    expect(await asserted.refreshed()).toBe(true);
  });

  it('lets no login in that the provider has ended meanwhile', async () => {
    const session = { ...UPSTREAM, sid: newGrantId() };
    await (await ofSession(session)).endLogins('corp', START);
    const late = await opened(subjectOfOneTest(), session);
    expect(late.answer).toEqual({ granted: false, error: 'invalid_grant' });
    const next = await opened(subjectOfOneTest(), { ...session, issuedAt: START + 1 });
    expect(next.answer.granted).toBe(true);
    // A repetition with an earlier date takes nothing back.
    await (await ofSession(session)).endLogins('corp', START - 60);
    expect((await opened(subjectOfOneTest(), session)).answer.granted).toBe(false);
  });

  it('says that it is not done where a grant does not answer, and keeps that one', async () => {
    const index = GRANT_INDEX.getByName(newGrantId());
    await index.enter({ id: 'one', expiresAt: START + 60, upstream: null, loggedInAt: null });
    await runInDurableObject(index, async (object) => {
      const bindings = Reflect.get(object, 'env');
      Reflect.set(object, 'env', { GRANTS: { getByName: () => ({ end: async () => false }) } });
      expect(await object.endAll('logged_out')).toBe(false);
      Reflect.set(object, 'env', {
        GRANTS: { getByName: () => ({ end: () => Promise.reject(new Error('x')) }) },
      });
      expect(await object.endAll('logged_out')).toBe(false);
      Reflect.set(object, 'env', bindings);
    });
    expect(await index.list()).toHaveLength(1);
    expect(await index.endAll('logged_out')).toBe(true);
    expect(await index.list()).toEqual([]);
  });

  it('forgets what has expired, and itself with the last of it', async () => {
    const index = GRANT_INDEX.getByName(newGrantId());
    await index.enter({ id: 'one', expiresAt: START + 60, upstream: null, loggedInAt: null });
    await index.enter({ id: 'two', expiresAt: START + 90, upstream: null, loggedInAt: null });
    vi.setSystemTime((START + 61) * 1000);
    expect((await index.list()).map(({ id }) => id)).toEqual(['two']);
    await runDurableObjectAlarm(index);
    vi.setSystemTime((START + 91) * 1000);
    await runDurableObjectAlarm(index);
    await runInDurableObject(index, async (_object, { storage }) => {
      expect(storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'grants'").toArray()).toEqual([]);
    });
    expect(await index.enter({ id: 'x', expiresAt: START + 99, upstream: null, loggedInAt: null })).toBe(
      true,
    );
  });

  it('makes no grant that was ended while it was entered', async () => {
    const id = newGrantId();
    await runInDurableObject(GRANTS.getByName(id), async (object) => {
      const bindings = Reflect.get(object, 'env');
      const enter = async () => {
        expect(await object.end('logged_out')).toBe(true);
        return true;
      };
      Reflect.set(object, 'env', { ...bindings, GRANT_INDEX: { getByName: () => ({ enter }) } });
      const code = { redirectUri: 'https://page.test/callback', challenge: 'x' };
      const facts = { subject: 'x', upstream: null } as GrantFacts;
      expect(await object.begin(id, facts, code)).toBeNull();
    });
  });

  it('keeps the newest grants of a subject that has more than any person', async () => {
    const index = GRANT_INDEX.getByName(newGrantId());
    await runInDurableObject(index, async (object) => {
      for (let n = 0; n < 501; n += 1) {
        await object.enter({ id: `g${n}`, expiresAt: START + 100 + n, upstream: null, loggedInAt: null });
      }
    });
    const ids = (await index.list()).map(({ id }) => id);
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([500, 'g500', 'g1']);
  });

  it('enters a grant in both or says no', async () => {
    const session = { ...UPSTREAM, sid: newGrantId() };
    const subject = subjectOfOneTest();
    const grant = { id: 'g', facts: { subject, upstream: session }, expiresAt: START + 60 };
    expect(await enterIndexes(GRANT_INDEX, grant)).toBe(true);
    expect(await (await ofSession(session)).list()).toEqual([
      { id: 'g', expiresAt: START + 60, upstream: 'corp', loggedInAt: START },
    ]);
    expect(await (await ofSubject(subject)).list()).toHaveLength(1);
  });
});
