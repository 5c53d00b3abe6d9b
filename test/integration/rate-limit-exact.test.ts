import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisBridge, startRedisBridge } from '../../dev/redis-bridge.ts';
import { bearer, send } from '../fixtures/client.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { type RedisProcess, startRedis } from '../fixtures/redis.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

let redis: RedisProcess;
let bridge: RedisBridge;
let issuer: Issuer;
let origin: Origin;
/** Two places of one gateway. */
let gateways: readonly Gateway[];

const EXACT = { by: 'subject', limit: 3, period: '1h', exact: true, timeout: '1s' };

beforeAll(async () => {
  [redis, issuer, origin] = await Promise.all([startRedis(), startIssuer(), startOrigin()]);
  bridge = await startRedisBridge({ redisUrl: redis.url, token: 'counting', port: 0 });
  const guarded = { origin: origin.url, issuers: ['main'], revocation: { mode: 'off' } };
  const options = {
    vars: {
      ISSUERS: { main: issuerTable(issuer) },
      ROUTES: {
        exact: { ...guarded, path: '/exact', rate_limit: EXACT },
        strict: {
          ...guarded,
          path: '/strict',
          rate_limit: { ...EXACT, on_unavailable: 'reject', timeout: '100ms' },
        },
      },
    },
    secrets: { RATE_LIMIT_REDIS_REST_URL: bridge.url, RATE_LIMIT_REDIS_REST_TOKEN: 'counting' },
  };
  gateways = await Promise.all([startGateway(options), startGateway(options)]);
});

afterAll(async () => {
  await Promise.all((gateways ?? []).map((gateway) => gateway.stop()));
  await bridge?.close();
  await Promise.all([redis?.stop(), issuer?.stop(), origin?.stop()]);
});

describe('an exact limit', () => {
  it('is one for all places, and tells what is left', async () => {
    const token = await issuer.sign({ sub: 'ada' });
    const seen = [];
    for (const gateway of [...gateways, ...gateways]) {
      const { response } = await send(gateway, 'GET', '/exact', [bearer(token)]);
      const [, left, seconds] = /^"exact";r=(\d+);t=(\d+)$/.exec(response.header('ratelimit') ?? '') ?? [];
      expect(Number(seconds)).toBeGreaterThan(3_500);
      expect(Number(seconds)).toBeLessThanOrEqual(3_600);
      expect(response.header('ratelimit-policy')).toBe('"exact";q=3;w=3600');
      seen.push([response.status, left, response.header('retry-after') !== undefined]);
    }
    expect(seen).toEqual([
      [200, '2', false],
      [200, '1', false],
      [200, '0', false],
      [429, '0', true],
    ]);
  });

  it('is a 503 while the Redis does not answer, where the route has it so', async () => {
    const [gateway] = gateways;
    if (gateway === undefined) throw new Error('no gateway');
    const token = await issuer.sign({ sub: 'bob' });
    redis.pause();
    const { response, event } = await send(gateway, 'GET', '/strict', [bearer(token)]);
    redis.resume();
    expect([response.status, event.reason]).toEqual([503, 'rate_limit_unavailable']);
  });
});
