import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { type CanaryPorts, type Measured, measure } from '../../../../src/control/canary/measure.ts';
import { type CanaryRun, isDue, runCanary } from '../../../../src/control/canary/run.ts';
import { compileControl } from '../../../../src/control/config.ts';
import type { OperationalEvent } from '../../../../src/core/event.ts';
import type { Batch } from '../../../../src/metrics/batch.ts';
import type { RevocationEntry } from '../../../../src/revocation-store/port.ts';
import { NAMESPACE } from '../alarms/rule.ts';
import { VARIABLES } from '../control-app.ts';

const NOW = 1_800_000_000;
const SECRET = 'a-secret-of-the-canary-of-32-characters';

/** A gateway whose revocations bite after so many seconds; undefined: never. Each question takes a tenth of one. */
function world(bitesAfter: number | undefined, bound = 5, answer?: (asked: number) => number) {
  let now = NOW;
  let revokedAt: number | undefined;
  let asked = 0;
  const tokens: string[] = [];
  const entries: RevocationEntry[] = [];
  const ports: CanaryPorts = {
    ask: async (_path, token) => {
      tokens.push(token);
      now += 0.1;
      const bites = bitesAfter !== undefined && revokedAt !== undefined && now - revokedAt >= bitesAfter;
      const status = answer?.(asked++) ?? (bites ? 401 : 200);
      if (status === 0) throw new TypeError('no route');
      return Response.json({ bound_seconds: bound }, { status });
    },
    secret: SECRET,
    store: {
      revoke: async (some) => {
        entries.push(...some);
        revokedAt = now;
        return some;
      },
    },
    clock: () => now,
    wait: async (seconds) => {
      now += seconds;
    },
    newId: () => 'canary-1',
  };
  return { ports, tokens, entries };
}

const measured = async (...of: Parameters<typeof world>) => await measure('cached', world(...of).ports);

describe('one measurement', () => {
  it('lets in, revokes, and asks until it bites: at most a fifth too long, never too short', async () => {
    for (const bites of [0.3, 1, 4.9]) {
      const found = (await measured(bites)) as Extract<Measured, { seconds: number }>;
      expect(found).toMatchObject({ result: 'in_time', mode: 'cached', boundSeconds: 5 });
      expect(found.seconds).toBeGreaterThanOrEqual(bites);
      expect(found.seconds).toBeLessThanOrEqual(bites * 1.2 + 0.3);
    }
  });

  it('tells what is late, and what never bites, without waiting for ever', async () => {
    expect(await measured(9)).toMatchObject({ result: 'late', boundSeconds: 5 });
    const never = (await measured(undefined)) as Extract<Measured, { seconds: number }>;
    expect(never.result).toBe('late');
    expect(never.seconds).toBeGreaterThanOrEqual(35);
    expect(never.seconds).toBeLessThan(60);
  });

  it('grants the way there two seconds, not more', async () => {
    expect(await measured(1.5, 0)).toMatchObject({ result: 'in_time' });
    expect(await measured(2.2, 0)).toMatchObject({ result: 'late' });
  });

  it('does not measure a mode that no route has, nor one that promises too little', async () => {
    expect(await measured(1, 5, () => 404)).toBeUndefined();
    const { ports, entries } = world(1, 601);
    expect(await measure('cached', ports)).toBeUndefined();
    expect(entries).toEqual([]);
  });

  it.each([
    ['the first token is refused', (asked: number) => (asked === 0 ? 401 : 200), 'status_401'],
    ['the gateway is in doubt', (asked: number) => (asked === 2 ? 503 : 200), 'status_503'],
    ['it does not answer', () => 0, 'no_answer'],
  ])('fails, and takes for no revocation, where %s', async (_what, answer, why) => {
    expect(await measured(undefined, 5, answer)).toEqual({ result: 'failed', mode: 'cached', why });
  });

  it('fails where the store does not confirm', async () => {
    const { ports } = world(1);
    const store = { revoke: () => Promise.reject(new Error('unavailable')) };
    expect(await measure('strict', { ...ports, store })).toMatchObject({
      result: 'failed',
      why: 'no_answer',
    });
  });

  it('revokes its own token, by its identifier, until that has expired', async () => {
    const { ports, tokens, entries } = world(1);
    await measure('cached', ports);
    const [token = ''] = tokens;
    expect(new Set(tokens).size).toBe(1);
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'JWT' });
    const { exp = 0, ...claims } = decodeJwt(token);
    expect(claims).toMatchObject({
      iss: 'https://canary.portcullis.invalid',
      aud: 'portcullis-canary',
      jti: 'canary-1',
    });
    expect(entries).toMatchObject([
      { predicate: { kind: 'jti', issuer: 'https://canary.portcullis.invalid', value: 'canary-1' } },
    ]);
    expect(entries[0]?.expiresAt).toBeGreaterThan(exp + 60);
  });
});

describe('a turn', () => {
  const turn = async (bitesAfter: number | undefined, more: Partial<CanaryRun> = {}) => {
    const batches: Batch[] = [];
    const events: OperationalEvent[] = [];
    const { ports } = world(bitesAfter);
    await runCanary({
      ...ports,
      add: async (batch) => batches.push(batch),
      emit: (event) => events.push(event),
      ...more,
    });
    return {
      sums: batches.flatMap(({ sums }) => sums.map(([key, values]) => [key, values] as const)),
      events,
      batches,
    };
  };

  it('adds to what is counted: each mode once, in its bucket', async () => {
    const { sums, events } = await turn(1);
    const counted = sums.filter(([key]) => key.includes('canaries'));
    expect(counted).toEqual(
      ['strict', 'cached', 'replicated'].map((mode) => [`["portcullis_canaries","${mode}","in_time"]`, [1]]),
    );
    const observed = sums.filter(([key]) => key.includes('time_to_enforce'));
    expect(observed).toHaveLength(3);
    for (const [, values] of observed) expect(values.slice(0, -1).reduce((a, b) => a + b)).toBe(1);
    expect(events).toEqual([]);
  });

  it('tells what is late as an error, and what failed as a warning that is no time', async () => {
    expect((await turn(undefined)).events).toMatchObject(
      ['strict', 'cached', 'replicated'].map((mode) => ({
        event: 'canary_late',
        level: 'error',
        mode,
        boundSeconds: 5,
      })),
    );
    const { sums, events } = await turn(1, { ask: () => Promise.reject(new Error('x')) });
    expect(events[0]).toEqual({ event: 'canary_failed', level: 'warn', mode: 'strict', why: 'no_answer' });
    expect(sums.map(([key]) => key)).toEqual(
      ['strict', 'cached', 'replicated'].map((mode) => `["portcullis_canaries","${mode}","failed"]`),
    );
  });

  it('counts nothing where no route has a mode, and says where counts cannot be handed on', async () => {
    const { batches } = await turn(1, { ask: async () => new Response(null, { status: 404 }) });
    expect(batches).toEqual([]);
    const { events } = await turn(1, { add: () => Promise.reject(new Error('x')) });
    expect(events).toEqual([{ event: 'metrics_unavailable', level: 'warn' }]);
  });

  it('is due in one minute of each interval', () => {
    const policy = { gateway: '', secret: '', intervalMinutes: 10 };
    const due = Array.from({ length: 60 }, (_, minute) => minute).filter((minute) =>
      isDue(policy, NOW + minute * 60 + 3),
    );
    expect(due).toEqual([0, 10, 20, 30, 40, 50]);
  });
});

describe('the configuration of the canary', () => {
  const refused = (canary: object, more: object = {}) => {
    const compiled = compileControl({
      ...VARIABLES,
      METRICS: NAMESPACE,
      CANARY_SECRET: SECRET,
      GATEWAY: { fetch: () => undefined },
      ...more,
      CONTROL: { ...VARIABLES.CONTROL, canary },
    });
    return compiled.ok ? [] : compiled.error.map(({ path }) => path);
  };
  const SOUND = { gateway: 'https://api.example', secret: 'CANARY_SECRET' };

  it.each([
    [SOUND],
    [{ ...SOUND, gateway: 'service:GATEWAY', interval: '1h' }],
    [{ ...SOUND, gateway: 'http://localhost:1' }],
  ])('takes %o', (table) => expect(refused(table)).toEqual([]));

  it.each<[object, readonly string[], object?]>([
    [{}, ['CONTROL.canary.gateway', 'CONTROL.canary.secret']],
    [{ ...SOUND, gateway: 'https://api.example/path' }, ['CONTROL.canary.gateway']],
    [{ ...SOUND, gateway: 'http://api.example' }, ['CONTROL.canary.gateway']],
    [{ ...SOUND, gateway: 'service:NONE' }, ['CONTROL.canary.gateway']],
    [{ ...SOUND, secret: 'NONE' }, ['CONTROL.canary.secret']],
    [SOUND, ['CONTROL.canary.secret'], { CANARY_SECRET: 'short' }],
    [SOUND, ['CONTROL.canary.secret'], { OTHER: SECRET }],
    [{ ...SOUND, interval: '90s' }, ['CONTROL.canary.interval']],
    [{ ...SOUND, interval: '30s' }, ['CONTROL.canary.interval']],
    [SOUND, ['METRICS'], { METRICS: undefined }],
  ])('refuses %o at %o', (table, paths, more) => {
    expect(refused(table, more)).toEqual(paths);
  });
});
