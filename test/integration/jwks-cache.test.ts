import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bearer } from '../fixtures/client.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { answer, delayed, hang, json } from '../fixtures/http-faults.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { openSocket, rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

let origin: Origin;
let issuer: Issuer;
let gateway: Gateway;

beforeAll(async () => {
  origin = await startOrigin();
});

afterAll(() => origin?.stop());

beforeEach(async () => {
  issuer = await startIssuer();
});

afterEach(async () => {
  await gateway?.stop();
  await issuer?.stop();
});

const start = async (jwksCache: Record<string, unknown> = {}) => {
  gateway = await startGateway({
    vars: {
      ISSUERS: { main: issuerTable(issuer, { jwks_cache: jwksCache }) },
      ROUTES: { all: { path: '/*', origin: origin.url, issuers: ['main'], revocation: { mode: 'off' } } },
    },
  });
};

const status = async (token: string): Promise<number> =>
  (await rawRequest(gateway.port, requestBytes('GET', '/', [['Host', 'api.test'], bearer(token)]))).status;

const burst = async (tokens: readonly string[]): Promise<ReadonlyMap<number, number>> => {
  const counts = new Map<number, number>();
  for (const code of await Promise.all(tokens.map(status))) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const tokens = (count: number, header: Record<string, unknown> = {}): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, () => issuer.sign({}, { header })));

describe('a cold isolate', () => {
  it('200 requests at once ask the issuer once for its metadata and once for its keys', async () => {
    await start();
    issuer.jwksRespondWith(delayed(100, json(issuer.jwks())));
    const signed = await tokens(200);
    expect(await burst(signed)).toEqual(new Map([[200, 200]]));
    expect([issuer.metadataFetches(), issuer.jwksFetches()]).toEqual([1, 1]);
  });

  it('200 requests at once to an issuer that is down ask it no more than once', async () => {
    await start();
    issuer.jwksRespondWith(answer(503));
    expect(await burst(await tokens(200))).toEqual(new Map([[503, 200]]));
    expect(issuer.jwksFetches()).toBe(1);
  });

  it('the client of the request that began the fetch may leave: the others still get their keys', async () => {
    await start();
    issuer.jwksRespondWith(delayed(300, json(issuer.jwks())));
    const [first = '', ...rest] = await tokens(20);
    const leaving = await openSocket(gateway.port);
    leaving.write(requestBytes('GET', '/', [['Host', 'api.test'], bearer(first)]));
    await expect.poll(() => issuer.jwksFetches()).toBe(1);
    const others = burst(rest);
    leaving.resetAndDestroy();
    expect(await others).toEqual(new Map([[200, 19]]));
    expect(issuer.jwksFetches()).toBe(1);
  });
});

describe('a warm isolate', () => {
  it('requests during a refresh are answered from what is there, and one fetch serves all', async () => {
    await start({ max_age: '1s', min_fresh: '1s', cooldown: '1s' });
    const [token = ''] = await tokens(1);
    expect(await status(token)).toBe(200);
    await pause(1_100);
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    issuer.jwksRespondWith((request, response) => {
      void held.then(() => json(issuer.jwks())(request, response));
    });
    expect(await burst(await tokens(20))).toEqual(new Map([[200, 20]]));
    await expect.poll(() => issuer.jwksFetches()).toBe(2);
    release();
  });

  it('keys of an issuer that hangs stay in use', async () => {
    await start({
      max_age: '1s',
      min_fresh: '1s',
      cooldown: '1s',
      timeout: '1s',
      stale_while_revalidate: '0s',
    });
    expect(await burst(await tokens(1))).toEqual(new Map([[200, 1]]));
    issuer.jwksRespondWith(hang);
    await pause(1_100);
    expect(await burst(await tokens(20))).toEqual(new Map([[200, 20]]));
    await gateway.logged((line) => line.event === 'jwks_refresh_failed');
  });

  it('keys of an issuer that is gone are dropped at their bound: 503, and 200 again when it is back', async () => {
    await start({
      max_age: '1s',
      min_fresh: '1s',
      cooldown: '1s',
      stale_while_revalidate: '0s',
      stale_if_error: '0s',
    });
    const [token = ''] = await tokens(1);
    expect(await status(token)).toBe(200);
    await issuer.refuse();
    await pause(1_100);
    expect(await status(token)).toBe(503);
    await issuer.resume();
    await expect.poll(() => status(token), { timeout: 5_000 }).toBe(200);
  });

  it('a flood of made-up kids costs the issuer one fetch, and valid tokens nothing', async () => {
    await start();
    const [valid = ''] = await tokens(1);
    expect(await status(valid)).toBe(200);
    const before = issuer.jwksFetches();
    const made = await Promise.all(
      Array.from({ length: 300 }, (_, index) => issuer.sign({}, { header: { kid: `made-up-${index}` } })),
    );
    for (const wave of [0, 100, 200]) {
      expect(await burst(made.slice(wave, wave + 100))).toEqual(new Map([[401, 100]]));
    }
    expect(await burst(await tokens(20))).toEqual(new Map([[200, 20]]));
    expect(issuer.jwksFetches() - before).toBeLessThanOrEqual(1);
  });

  it('what a request waits for is asked for past caches on the way, what runs behind it is not', async () => {
    await start({ max_age: '1s', min_fresh: '1s' });
    const asked: string[][] = [];
    issuer.jwksRespondWith((request, response) => {
      const { rawHeaders } = request;
      const named = rawHeaders.flatMap((name, at) =>
        at % 2 === 0 && /^(cache-control|pragma)$/i.test(name) ? [`${name}: ${rawHeaders[at + 1]}`] : [],
      );
      asked.push(named);
      json(issuer.jwks())(request, response);
    });
    const [token = '', unknown = ''] = [
      ...(await tokens(1)),
      await issuer.sign({}, { header: { kid: 'x' } }),
    ];
    expect([await status(token), await status(unknown)]).toEqual([200, 401]);
    await pause(1_100);
    expect(await status(token)).toBe(200);
    await expect.poll(() => asked.length).toBe(3);
    const past = ['Cache-Control: no-cache', 'Pragma: no-cache'];
    expect(asked).toEqual([past, past, []]);
  });

  it('a key rotated in is accepted by the first request that carries it; one withdrawn is refused', async () => {
    await start();
    const [old = ''] = await tokens(1);
    expect(await status(old)).toBe(200);
    const retired = issuer.keys.find((key) => key.alg === 'ES256');
    await issuer.addKey('ES256', 'rotated-in');
    if (retired !== undefined) issuer.removeKey(retired.kid);
    const [fresh = ''] = await tokens(1);
    expect(await status(fresh)).toBe(200);
    expect(await status(old)).toBe(401);
    // Cold, for the new key, and once more in vain for the old one.
    expect(issuer.jwksFetches()).toBe(3);
    expect(await burst(Array.from({ length: 20 }, () => old))).toEqual(new Map([[401, 20]]));
    expect(issuer.jwksFetches()).toBe(3);
  });
});
