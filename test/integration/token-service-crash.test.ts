import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MACHINE } from '../fixtures/token-service.ts';
import { startTokenStack, type TokenStack } from '../fixtures/token-stack.ts';

let folder: string;
let stack: TokenStack;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-objects-'));
  stack = await startTokenStack({ objectsFolder: folder, service: { reuse_interval: '1m' } });
});
afterEach(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

type Answer = Awaited<ReturnType<TokenStack['refresh']>>;

/** One request whose answer may be lost. */
const attempt = (token: string): Promise<Answer | undefined> =>
  stack.service
    .post('/token', { grant_type: 'refresh_token', refresh_token: token }, MACHINE)
    .catch(() => undefined);

describe('a token service that is killed', () => {
  it.each([1, 30, 80])(
    'after %i of 100 concurrent refreshes has one successor, and the newest token works',
    async (after) => {
      const { refresh_token: token } = await stack.login();
      let answered = 0;
      let crashed: Promise<void> | undefined;
      const answers = await Promise.all(
        Array.from({ length: 100 }, async () => {
          const answer = await attempt(token);
          answered += 1;
          if (answered >= after) crashed ??= stack.crash();
          return answer;
        }),
      );
      await crashed;
      expect(crashed).toBeDefined();
      const told = new Set(
        answers.flatMap((answer) => (answer?.status === 200 ? [String(answer.body.refresh_token)] : [])),
      );
      // Whoever got an answer got the same one, and nobody was told that the grant is over.
      expect(told.size).toBeLessThanOrEqual(1);
      expect(answers.filter((answer) => answer?.status === 400)).toEqual([]);
      // The honest client whose answer was lost sends the same again.
      const again = await stack.refresh(token);
      expect(again.status).toBe(200);
      told.add(String(again.body.refresh_token));
      expect(told.size).toBe(1);
      const [newest = ''] = told;
      const next = await stack.refresh(newest);
      expect(next.status).toBe(200);
      expect(await stack.at('strict', String(next.body.access_token))).toBe(200);
      // The older one ends the grant, as ever.
      expect((await stack.refresh(token)).status).toBe(400);
      expect((await stack.refresh(String(next.body.refresh_token))).status).toBe(400);
    },
  );

  it('in the middle of logins leaves none half-made: each that was answered can be refreshed', async () => {
    const logins: Promise<string | undefined>[] = Array.from({ length: 40 }, () =>
      stack.login().then(
        ({ refresh_token: token }) => token,
        () => undefined,
      ),
    );
    await Promise.race(logins);
    await stack.crash();
    const tokens = (await Promise.all(logins)).filter((token) => token !== undefined);
    expect(tokens.length).toBeGreaterThan(0);
    for (const token of tokens) expect((await stack.refresh(token)).status).toBe(200);
    expect((await stack.refresh((await stack.login()).refresh_token)).status).toBe(200);
  });

  it('while a grant ends has ended it: no refresh, and the gateway refuses its access token', {
    timeout: 60_000,
  }, async () => {
    const first = await stack.login();
    const second = await stack.refresh(first.refresh_token);
    const third = await stack.refresh(String(second.body.refresh_token));
    expect(third.status).toBe(200);
    const thief = attempt(first.refresh_token);
    const owner = attempt(String(third.body.refresh_token));
    await Promise.race([thief, owner]);
    await stack.crash();
    await Promise.all([thief, owner]);
    // Whether it was heard or not, it is sent again.
    expect((await stack.refresh(first.refresh_token)).status).toBe(400);
    expect((await stack.refresh(String(third.body.refresh_token))).status).toBe(400);
    // An end that the deny-list has not heard of before the crash, it hears of by an alarm.
    await expect
      .poll(() => stack.at('strict', String(third.body.access_token)), { timeout: 40_000, interval: 250 })
      .toBe(401);
  });
});

describe('a rotation under load', () => {
  it('and a withdrawal bring no wrong answer: every token that is given is taken, but those of a withdrawn key', async () => {
    const token = await stack.adminToken();
    const order = async (path: string, body: object | undefined) => {
      const send = () =>
        fetch(`${stack.service.url}${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(body && { body: JSON.stringify(body) }),
        });
      let { status } = await send();
      while (status === 503) status = (await send()).status;
      return status;
    };
    const form = { grant_type: 'client_credentials' };
    const withdrawn = new Set<string>();
    const kids = new Set<string>();
    const wrong: unknown[] = [];
    const kidOf = (text: string) => String(decodeProtectedHeader(text).kid);
    let operating = true;
    let checked = 0;
    const client = async () => {
      // A fast machine would be through with thirty before the first order: the load lasts as long as the orders do.
      for (let n = 0; operating || n < 30; n++) {
        const { status, body } = await stack.service.post('/token', form, MACHINE);
        if (status !== 200) {
          if (status !== 503) wrong.push([status, body]);
          continue;
        }
        const text = String(body.access_token);
        kids.add(kidOf(text));
        const seen = await stack.at('strict', text);
        // One that its key was withdrawn from under is refused; never one of a key that stands.
        if (seen !== 200 && !(seen === 401 && withdrawn.has(kidOf(text)))) wrong.push([seen, kidOf(text)]);
        checked += 1;
      }
    };
    const operator = async () => {
      for (let n = 0; n < 3; n++) {
        await vi.waitUntil(() => checked >= 20 * (n + 1), { timeout: 20_000 });
        expect(await order('/v1/keys/rotate', undefined)).toBe(200);
        const { body } = await stack.service.post('/token', form, MACHINE);
        if (typeof body.access_token !== 'string') continue;
        const kid = kidOf(body.access_token);
        withdrawn.add(kid);
        expect([200, 202]).toContain(await order('/v1/keys/withdraw', { kid, reason: 'drill' }));
      }
    };
    const operated = operator().finally(() => {
      operating = false;
    });
    await Promise.all([client(), client(), client(), client(), operated]);
    expect(wrong).toEqual([]);
    expect(kids.size).toBeGreaterThan(1);
  });
});
