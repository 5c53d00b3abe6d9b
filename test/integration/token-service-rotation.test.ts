import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MACHINE } from '../fixtures/token-service.ts';
import { startTokenStack, type TokenStack } from '../fixtures/token-stack.ts';

/** Gateway and token service as they are built, under load, while the keys change. Time is moved, not waited for. */
const PUBLISH_SECONDS = 60;
const LIFETIME_SECONDS = 300;
const TOLERANCE_SECONDS = 30;
const STEP_SECONDS = 15;
const LOOPS = 4;

interface Kept {
  readonly token: string;
  readonly kid: string;
  readonly exp: number;
}
interface Look {
  readonly kid: string;
  readonly began: number;
  readonly ended: number;
  readonly status: number;
}

interface Signed {
  readonly kid: string;
  readonly began: number;
  readonly ended: number;
  /** By the Workers' clock. */
  readonly at: number;
}

const within = async (what: string, holds: () => boolean | Promise<boolean>) => {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within a minute: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

describe('load through changes of the keyring', () => {
  let stack: TokenStack;
  let ahead = 0;
  beforeAll(async () => {
    stack = await startTokenStack({
      shiftableClock: true,
      service: {
        jwks_freshness: `${PUBLISH_SECONDS}s`,
        access_token_lifetime: `${LIFETIME_SECONDS}s`,
        clock_tolerance: `${TOLERANCE_SECONDS}s`,
      },
    });
  });
  afterAll(() => stack.stop());

  const now = () => Date.now() / 1000 + ahead;
  /** The gateway's clock first or last, as it is: the two are never quite one. */
  const pass = async (seconds: number) => {
    ahead += seconds;
    const clocks = [stack.service, stack.deployment.gateway];
    for (const each of ahead % 2 === 0 ? clocks : clocks.reverse()) await each.shiftClock(ahead);
  };
  const admin = async (path: string, body?: Record<string, string>): Promise<{ keys: Stage[] }> => {
    const iat = Math.floor(now());
    const response = await fetch(`${stack.service.url}${path}`, {
      method: path === '/v1/keys' ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${await stack.adminToken({ iat, exp: iat + 300 })}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (response.status === 503 || response.status === 202) return await admin(path, body);
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { keys: Stage[] };
  };
  interface Stage {
    readonly kid: string;
    readonly stage: string;
  }
  const stages = async () =>
    Object.fromEntries((await admin('/v1/keys')).keys.map(({ kid, stage }) => [kid, stage]));
  const signing = async () =>
    (await admin('/v1/keys')).keys.find(({ stage }) => stage === 'current')?.kid ?? '';

  /** Signs and verifies without a pause, until it is stopped; every token is looked at again as long as it is good. */
  function load() {
    const kept: Kept[] = [];
    /** Not shown to the gateway, which remembers what it has verified, before they are about to end. */
    let late: readonly Kept[] = [];
    const looks: Look[] = [];
    const signed: Signed[] = [];
    const wrong: unknown[] = [];
    let rounds = 0;
    let isStopped = false;
    const verify = async ({ token, kid }: Kept) => {
      const began = performance.now();
      const status = await stack.at('strict', token);
      looks.push({ kid, began, ended: performance.now(), status });
    };
    const loop = async () => {
      while (!isStopped) {
        const began = performance.now();
        const { status, body } = await stack.service.post(
          '/token',
          { grant_type: 'client_credentials' },
          MACHINE,
        );
        if (status === 200) {
          const token = String(body.access_token);
          const kid = String(decodeProtectedHeader(token).kid);
          signed.push({ kid, began, ended: performance.now(), at: now() });
          const fresh = { token, kid, exp: Number(decodeJwt(token).exp) };
          if (rounds % 2 === 0) late = [...late, fresh];
          else {
            kept.push(fresh);
            await verify(fresh);
          }
        } else if (status !== 503) wrong.push({ status, body });
        const ending = late.filter(({ exp }) => exp < now() + 4 * STEP_SECONDS).slice(0, 2);
        late = late.filter((each) => !ending.includes(each));
        for (const each of ending) if (each.exp > now() + 2 * STEP_SECONDS) await verify(each);
        for (let i = 0; i < 3; i++) {
          const old = kept[Math.floor(Math.random() * kept.length)];
          // One that ends while it is looked at has no right answer.
          if (old !== undefined && old.exp > now() + 2 * STEP_SECONDS) await verify(old);
        }
        rounds++;
      }
    };
    const loops = Array.from({ length: LOOPS }, loop);
    return {
      looks,
      signed,
      wrong,
      alive: () => [...kept, ...late].filter(({ exp }) => exp + TOLERANCE_SECONDS > now()),
      /** Until so many rounds more have been made. */
      rounds: (more: number) => {
        const wanted = rounds + more;
        return within('the load goes on', () => rounds >= wanted);
      },
      stop: async () => {
        isStopped = true;
        await Promise.all(loops);
      },
    };
  }

  it('two ordinary rotations, each key from next to gone: not one wrong answer', {
    timeout: 120_000,
  }, async () => {
    const first = await signing();
    const under = load();
    const lives = new Map<string, string[]>();
    const seenAt = new Map<string, number>();
    const note = async () => {
      const alive = under.alive();
      const current = await stages();
      // Whoever fetches the set now can verify every token that has not ended.
      expect(alive.filter(({ kid }) => !(kid in current))).toEqual([]);
      for (const kid of new Set([...lives.keys(), ...Object.keys(current)])) {
        const life = lives.get(kid) ?? [];
        const stage = current[kid] ?? 'gone';
        if (life.length === 0) seenAt.set(kid, now());
        if (life.at(-1) !== stage) life.push(stage);
        lives.set(kid, life);
      }
    };
    await note();
    await admin('/v1/keys/rotate');
    const whole = 2 * PUBLISH_SECONDS + LIFETIME_SECONDS + TOLERANCE_SECONDS + 4 * STEP_SECONDS;
    for (let passed = 0; passed < whole; passed += STEP_SECONDS) {
      await under.rounds(4 * LOOPS);
      await pass(STEP_SECONDS);
      await note();
      // As soon as the second signs, the third is wanted.
      if (passed === PUBLISH_SECONDS) await admin('/v1/keys/rotate');
    }
    await under.rounds(4 * LOOPS);
    await under.stop();
    const order = [...new Set(under.signed.map(({ kid }) => kid))];
    expect(order[0]).toBe(first);
    expect(order).toHaveLength(3);
    const [one = '', two = '', three = ''] = order;
    expect(lives.get(one)).toEqual(['current', 'previous', 'gone']);
    expect(lives.get(two)).toEqual(['next', 'current', 'previous', 'gone']);
    expect(lives.get(three)).toEqual(['next', 'current']);
    // Nobody who holds the set for as long as it says has to ask for a key.
    for (const kid of [two, three]) {
      const published = Number(seenAt.get(kid)) - STEP_SECONDS;
      const begins = Math.min(...under.signed.filter((each) => each.kid === kid).map(({ at }) => at));
      expect(begins - published).toBeGreaterThanOrEqual(PUBLISH_SECONDS - 1);
    }
    expect(under.wrong).toEqual([]);
    expect(under.looks.filter(({ status }) => status !== 200)).toEqual([]);
    // Each key was asked for while it signed, and after that.
    for (const kid of [one, two]) {
      const last = Math.max(...under.signed.filter((each) => each.kid === kid).map(({ ended }) => ended));
      expect(under.looks.filter((each) => each.kid === kid && each.began > last).length).toBeGreaterThan(10);
    }
    expect(under.looks.length).toBeGreaterThan(1_000);
    const published = await (await fetch(`${stack.service.url}/.well-known/jwks.json`)).json();
    const kids = (published as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    expect(kids).toContain(three);
    expect(kids).not.toContain(one);
    expect(kids).not.toContain(two);
  });

  it('two emergencies in a row: nothing of a withdrawn key passes from then on, and all else does', {
    timeout: 120_000,
  }, async () => {
    const under = load();
    const withdrawn: { readonly kid: string; readonly began: number; readonly ended: number }[] = [];
    for (let time = 0; time < 2; time++) {
      await under.rounds(10 * LOOPS);
      const kid = await signing();
      const began = performance.now();
      await admin('/v1/keys/withdraw', { kid, reason: 'leaked' });
      withdrawn.push({ kid, began, ended: performance.now() });
      await under.rounds(20 * LOOPS);
      // The key that signs now may be one that the gateway has not seen: it asks for the set again, not too often.
      await pass(STEP_SECONDS);
    }
    await under.rounds(20 * LOOPS);
    await under.stop();
    expect(under.wrong).toEqual([]);
    for (const look of under.looks) {
      const gone = withdrawn.find(({ kid }) => kid === look.kid);
      if (gone === undefined || look.ended < gone.began) expect(look).toMatchObject({ status: 200 });
      else if (look.began > gone.ended) expect(look).toMatchObject({ status: 401 });
      else expect([200, 401]).toContain(look.status);
    }
    for (const { kid, ended } of withdrawn) {
      expect(under.signed.filter((each) => each.kid === kid && each.began > ended)).toEqual([]);
      expect(under.looks.filter((each) => each.kid === kid && each.began > ended).length).toBeGreaterThan(10);
    }
    expect(new Set(under.signed.map(({ kid }) => kid)).size).toBe(3);
  });
});
