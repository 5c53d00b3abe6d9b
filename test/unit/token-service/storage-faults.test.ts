import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RevocationNamespace } from '../../../src/revocation-store/durable/call.ts';
import { createDurableStore } from '../../../src/revocation-store/durable/store.ts';
import {
  type GrantIndexNamespace,
  sessionIndexName,
  subjectIndexName,
} from '../../../src/token-service/grants/grant-index.ts';
import { newGrantId } from '../../../src/token-service/grants/grant-token.ts';
import type { GrantAnswer, GrantFacts } from '../../../src/token-service/grants/record.ts';
import type { KeyringObject } from '../../../src/token-service/keyring/keyring-object.ts';
import type { GrantNamespace } from '../../../src/token-service/ports.ts';
import worker from '../../../src/token-service/worker.ts';
import { FAULTS, walk } from '../faulty-storage.ts';

const { GRANTS, GRANT_INDEX, KEYRING, REVOCATIONS } = env as {
  GRANTS: GrantNamespace;
  GRANT_INDEX: GrantIndexNamespace;
  KEYRING: DurableObjectNamespace<KeyringObject>;
  REVOCATIONS: RevocationNamespace;
};
const store = createDurableStore(REVOCATIONS);
const ISSUER = 'https://tokens.test';
const REDIRECT = 'https://page.test/callback';
const VERIFIER = 'v'.repeat(43);
const ASK = { clientId: 'page', scope: null, resource: null };
const DAY_MS = 86_400_000;

afterEach(() => {
  vi.useRealTimers();
});

interface Login {
  readonly id: string;
  readonly facts: GrantFacts;
  readonly binding: { readonly redirectUri: string; readonly challenge: string };
}

async function login(change: Partial<GrantFacts> = {}): Promise<Login> {
  const id = newGrantId();
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(VERIFIER));
  return {
    id,
    facts: {
      clientId: 'page',
      subject: `somebody-${id}`,
      scope: ['orders:read'],
      resources: ['https://api.test'],
      authTime: Date.now() / 1000,
      acr: null,
      amr: null,
      upstream: null,
      login: '{}',
      refreshable: true,
      ...change,
    },
    binding: {
      redirectUri: REDIRECT,
      challenge: new Uint8Array(digest).toBase64({ alphabet: 'base64url', omitPadding: true }),
    },
  };
}

/** A new stub each time: one whose object has restarted is of no use any more. */
const grant = ({ id }: Pick<Login, 'id'>) => GRANTS.getByName(id);
const begin = (each: Login) => grant(each).begin(each.id, each.facts, each.binding);
const open = async (each: Login): Promise<GrantAnswer> => await grant(each).open(each.id, each.facts, ASK);
const indexOf = async ({ facts }: Login) => GRANT_INDEX.getByName(await subjectIndexName(facts.subject));

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Readonly<Record<string, string>>;
}

/** Through the Worker, as clients come. */
async function post(path: string, form: Record<string, string>): Promise<Answer> {
  const request = new Request(`${ISSUER}${path}`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: 'page', ...form }),
  });
  const context = { waitUntil: () => undefined };
  const response = await worker.fetch(request as never, env as never, context as never);
  const text = await response.text();
  return {
    status: response.status,
    retryAfter: response.headers.get('Retry-After'),
    body: text === '' ? {} : JSON.parse(text),
  };
}
const redeem = (code: string) =>
  post('/token', {
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT,
    code_verifier: VERIFIER,
  });
const refresh = (refresh_token = '') => post('/token', { grant_type: 'refresh_token', refresh_token });
const refreshed = async (token: string | null | undefined) => (await refresh(token ?? '')).status === 200;
const denied = (id: string) => store.lookup({ kind: 'sid', issuer: ISSUER, value: id }, Date.now() / 1000);
const granted = (answer: GrantAnswer) => {
  if (!answer.granted) throw new Error(answer.error);
  return answer;
};

const isOutage = ({ status, retryAfter }: Answer) => status === 503 && retryAfter === '5';

describe.each(FAULTS)('where something stored %s', (fault) => {
  /** Of those writes, one at least is waited for; and something is read first. */
  const least = (writes: number) => (fault === 'restarts late' || fault === 'is not read' ? 1 : writes);

  it('a login that waits for its code has begun, or nothing has, and the next one works', async () => {
    const writes = await walk(fault, login, begin, async (made, value) => {
      // Whoever got no code has none: an end of what may be there, and another login, are all it takes.
      if (typeof value === 'string') expect((await redeem(value)).status).toBe(200);
      expect(await (await indexOf(made)).endAll('logged_out')).toBe(true);
      const again = { ...(await login()), facts: made.facts };
      expect((await redeem(String(await begin(again)))).status).toBe(200);
    });
    expect(writes).toBeGreaterThanOrEqual(least(5));
  });

  it('a login by an assertion has begun or can be repeated, and no token is out without its grant', async () => {
    const writes = await walk(fault, login, open, async (made, value) => {
      const repeated: GrantAnswer = await open(made);
      if (fault === 'fails') expect([value instanceof Error, repeated.granted]).toEqual([true, true]);
      // Begun, and the answer lost: the same assertion counts once, and the grant can be ended.
      if (!repeated.granted) expect(fault).toBe('restarts late');
      expect(await (await indexOf(made)).endAll('logged_out')).toBe(true);
      for (const answer of [value, repeated]) {
        if (answer instanceof Error || !answer.granted) continue;
        expect(await refreshed(answer.refreshToken)).toBe(false);
        expect(await denied(String(decodeJwt(answer.accessToken).sid))).toBeDefined();
      }
      expect(granted(await open({ ...(await login()), facts: made.facts })).refreshToken).not.toBeNull();
    });
    expect(writes).toBeGreaterThanOrEqual(least(5));
  });

  it('a code is spent or good, and whoever is told 503 may send it again', async () => {
    const prepare = async () => {
      const each = await login();
      return { ...each, code: String(await begin(each)) };
    };
    const writes = await walk(
      fault,
      prepare,
      ({ code }) => redeem(code),
      async ({ id, facts, code }, value, at) => {
        if (value instanceof Error) throw value;
        expect(isOutage(value), `${at}: ${value.status}`).toBe(true);
        const again = await redeem(code);
        if (fault !== 'restarts late') expect(again.status).toBe(200);
        // Spent, and the answer lost: a second use is refused whatever the reason (RFC 6749 §4.1.2), with all that came of it.
        if (again.status !== 200) expect(await denied(id)).toMatchObject({ reason: 'code_reused' });
        else expect(await refreshed(again.body.refresh_token)).toBe(true);
        const next = { ...(await login()), facts };
        expect((await redeem(String(await begin(next)))).status).toBe(200);
      },
    );
    expect(writes).toBeGreaterThanOrEqual(least(2));
  });

  it('a refresh has happened once or not at all, and the same token gets its one successor', async () => {
    const prepare = async () => {
      const each = await login();
      return { ...each, first: granted(await open(each)) };
    };
    const writes = await walk(
      fault,
      prepare,
      ({ first }) => refresh(String(first.refreshToken)),
      async ({ id, first }, value, at) => {
        if (value instanceof Error) throw value;
        expect(isOutage(value), `${at}: ${value.status}`).toBe(true);
        const again = await refresh(String(first.refreshToken));
        expect(again.status).toBe(200);
        const once = await refresh(String(first.refreshToken));
        expect(once.body.refresh_token).toBe(again.body.refresh_token);
        const next = await refresh(again.body.refresh_token);
        expect(next.status).toBe(200);
        expect(await denied(id)).toBeUndefined();
      },
    );
    expect(writes).toBeGreaterThanOrEqual(least(2));
  });

  it('an older refresh token ends the grant for good when it is sent again', async () => {
    const prepare = async () => {
      const each = await login();
      const first = granted(await open(each));
      const second = await refresh(String(first.refreshToken));
      const third = await refresh(second.body.refresh_token);
      return { ...each, first, third };
    };
    const writes = await walk(
      fault,
      prepare,
      ({ first }) => refresh(String(first.refreshToken)),
      async ({ id, first, third }, value) => {
        if (value instanceof Error) throw value;
        expect(value.status === 400 || isOutage(value), String(value.status)).toBe(true);
        expect((await refresh(String(first.refreshToken))).status).toBe(400);
        expect(await refreshed(third.body.refresh_token)).toBe(false);
        await runDurableObjectAlarm(GRANTS.getByName(id));
        expect(await denied(id)).toMatchObject({ reason: 'refresh_reused' });
      },
    );
    expect(writes).toBeGreaterThanOrEqual(least(3));
  });

  it('a revocation is done, or is known not to be and done by the next', async () => {
    const prepare = async () => {
      const each = await login();
      return { ...each, first: granted(await open(each)) };
    };
    const writes = await walk(
      fault,
      prepare,
      ({ first }) => post('/revoke', { token: String(first.refreshToken) }),
      async ({ id, first }, value) => {
        if (value instanceof Error) throw value;
        expect(isOutage(value)).toBe(true);
        expect((await post('/revoke', { token: String(first.refreshToken) })).status).toBe(200);
        expect(await refreshed(first.refreshToken)).toBe(false);
        expect(await denied(id)).toMatchObject({ reason: 'revoked' });
      },
    );
    expect(writes).toBeGreaterThanOrEqual(least(3));
  });

  it('an end of all grants of a subject may be repeated until it is done, for a logout at the provider too', async () => {
    const upstream = () => ({
      name: 'corp',
      issuer: 'https://id.test',
      sid: newGrantId(),
      issuedAt: Math.floor(Date.now() / 1000),
    });
    const prepare = async () => {
      const each = await login({ upstream: upstream() });
      const sid = String(each.facts.upstream?.sid);
      const index = await sessionIndexName('https://id.test', sid);
      return { ...each, first: granted(await open(each)), session: () => GRANT_INDEX.getByName(index) };
    };
    type Made = Awaited<ReturnType<typeof prepare>>;
    const before = () => Date.now() / 1000;
    const acts: readonly ((made: Made) => Promise<boolean>)[] = [
      async (made) => await (await indexOf(made)).endAll('logged_out'),
      async ({ session }) => await session().endLogins('corp', before()),
    ];
    for (const act of acts) {
      const writes = await walk(fault, prepare, act, async (made, value) => {
        if (!(value instanceof Error) && value) expect(await denied(made.id)).toBeDefined();
        expect(await act(made)).toBe(true);
        expect(await refreshed(made.first.refreshToken)).toBe(false);
        expect(await denied(made.id)).toMatchObject({ reason: 'logged_out' });
      });
      expect(writes).toBeGreaterThanOrEqual(least(5));
    }
  });

  it('an index loses no grant over its housekeeping, and forgets what it should in the end', async () => {
    const prepare = async () => {
      const index = newGrantId();
      const enter = (id: string, seconds: number) =>
        GRANT_INDEX.getByName(index).enter({
          id,
          expiresAt: Date.now() / 1000 + seconds,
          upstream: null,
          loggedInAt: null,
        });
      await enter('short', 60);
      await enter('long', 600);
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 90_000 });
      return index;
    };
    const writes = await walk(
      fault,
      prepare,
      async (index) => await runDurableObjectAlarm(GRANT_INDEX.getByName(index)),
      async (index) => {
        await runInDurableObject(GRANT_INDEX.getByName(index), (object) => object.alarm());
        expect((await GRANT_INDEX.getByName(index).list()).map(({ id }) => id)).toEqual(['long']);
        vi.useRealTimers();
      },
    );
    vi.useRealTimers();
    expect(writes).toBeGreaterThanOrEqual(least(3));
  });

  it('the keyring signs with nothing that it does not publish, from its first key on', async () => {
    const ringOf = (name: string) => KEYRING.getByName(name);
    const check = async (name: string, tokens: readonly (string | Error)[]) => {
      // A signature is good for everybody who asks for the set by then.
      const after: string = await (ringOf(name) as unknown as Signs).sign({ sub: 'after' }, 'at+jwt');
      const keys = createLocalJWKSet(JSON.parse(await ringOf(name).jwks()));
      for (const token of [...tokens, after]) {
        if (typeof token === 'string') await jwtVerify(token, keys);
      }
    };
    interface Signs {
      sign(claims: { sub: string }, type: string): Promise<string>;
    }
    const sign = async (name: string) =>
      await (ringOf(name) as unknown as Signs).sign({ sub: 'alice' }, 'at+jwt');
    const first = await walk(
      fault,
      async () => newGrantId(),
      sign,
      (name, token) => check(name, [token]),
    );
    expect(first).toBeGreaterThanOrEqual(least(2));
    const rotation = await walk(
      fault,
      async () => {
        vi.useRealTimers();
        const name = newGrantId();
        const token = await sign(name);
        vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31 * DAY_MS });
        return { name, token };
      },
      ({ name }) => sign(name),
      ({ name, token }, next) => check(name, [token, next]),
    );
    expect(rotation).toBeGreaterThanOrEqual(least(2));
  });

  it('a withdrawn key signs nothing, and the deny-list hears of it, at the next order at the latest', async () => {
    const prepare = async () => {
      const name = newGrantId();
      const [current] = (await KEYRING.getByName(name).status()).keys;
      return { name, kid: String(current?.kid) };
    };
    const cause = { by: 'admin:ops:ann', reason: 'leaked' };
    const writes = await walk(
      fault,
      prepare,
      async ({ name, kid }) => await KEYRING.getByName(name).withdraw(kid, cause),
      async ({ name, kid }, value) => {
        // Withdrawn, and known not to be denied yet, where it is the deny-list that did not answer.
        if (!(value instanceof Error)) expect(value).toMatchObject({ kid, denied: false });
        const again = await KEYRING.getByName(name).withdraw(kid, cause);
        expect(again).toMatchObject({ kid, denied: true });
        const { keys, withdrawn } = await KEYRING.getByName(name).status();
        expect(keys.map((key) => key.kid)).not.toContain(kid);
        expect(withdrawn).toHaveLength(1);
        const predicate = { kind: 'kid', issuer: ISSUER, value: kid } as const;
        expect(await store.lookup(predicate, Date.now() / 1000)).toMatchObject({ reason: 'leaked' });
      },
    );
    expect(writes).toBeGreaterThanOrEqual(least(4));
  });
});
