import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { bearer, send } from '../fixtures/client.ts';
import {
  type OpenIdProvider,
  OTHER_RESOURCE,
  RESOURCE,
  startOpenIdProvider,
} from '../fixtures/oidc-provider.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

let origin: Origin;

beforeAll(async () => {
  origin = await startOrigin();
});

afterAll(() => origin?.stop());

/** A gateway that knows of the provider no more than its issuer identifier and is strict about the profile. */
const gatewayFor = (provider: OpenIdProvider, jwksCache: Record<string, unknown> = {}): Promise<Gateway> =>
  startGateway({
    vars: {
      ISSUERS: {
        provider: {
          issuer: provider.url,
          audience: [RESOURCE],
          algorithms: ['RS256', 'ES256', 'EdDSA'],
          profile: 'rfc9068',
          jwks_cache: jwksCache,
        },
      },
      ROUTES: {
        orders: {
          path: '/orders/*',
          origin: origin.url,
          issuers: ['provider'],
          scope: ['orders:read'],
          headers: { 'X-Client': 'client_id' },
        },
      },
    },
  });

describe.each(['RS256', 'ES256', 'EdDSA'])('a real OpenID provider that signs with %s', (alg) => {
  let provider: OpenIdProvider;
  let gateway: Gateway;

  beforeAll(async () => {
    provider = await startOpenIdProvider(alg);
    gateway = await gatewayFor(provider);
  });

  afterAll(async () => {
    await gateway?.stop();
    await provider?.stop();
  });

  it('its access token is accepted, by its discovery and its keys', async () => {
    const arrival = origin.next();
    const token = await provider.accessToken();
    const { response, event } = await send(gateway, 'GET', '/orders/1', [bearer(token)]);
    expect(response.status).toBe(200);
    expect(event).toMatchObject({ issuer: 'provider', kid: provider.kids()[0], revocation: 'checked' });
    expect((await arrival).values('x-client')).toEqual(['client']);
  });

  it('one for another resource server is not', async () => {
    const token = await provider.accessToken({ resource: OTHER_RESOURCE });
    const { response, event } = await send(gateway, 'GET', '/orders/1', [bearer(token)]);
    expect(response.status).toBe(401);
    expect(event.reason).toBe('audience_mismatch');
  });

  it('one with another scope may not do this', async () => {
    const token = await provider.accessToken({ scope: 'orders:write' });
    const { response, event } = await send(gateway, 'GET', '/orders/1', [bearer(token)]);
    expect(response.status).toBe(403);
    expect(event.reason).toBe('scope_insufficient');
  });

  it('one with its signature changed is not', async () => {
    const token = await provider.accessToken();
    const dot = token.lastIndexOf('.') + 1;
    const changed = `${token.slice(0, dot)}${token[dot] === 'A' ? 'B' : 'A'}${token.slice(dot + 1)}`;
    const { response, event } = await send(gateway, 'GET', '/orders/1', [bearer(changed)]);
    expect(response.status).toBe(401);
    expect(event.reason).toBe('signature_invalid');
  });

  it('one of another provider under the same name is not', async () => {
    const impostor = await startOpenIdProvider(alg);
    const token = await impostor.accessToken();
    await impostor.stop();
    const { response, event } = await send(gateway, 'GET', '/orders/1', [bearer(token)]);
    expect(response.status).toBe(401);
    expect(event.reason).toBe('issuer_untrusted');
  });
});

describe('rotation while load runs', () => {
  let provider: OpenIdProvider;
  let gateway: Gateway;

  beforeEach(async () => {
    provider = await startOpenIdProvider('ES256');
    gateway = await gatewayFor(provider, { cooldown: '1s', max_age: '2s', min_fresh: '1s' });
  });

  afterEach(async () => {
    await gateway?.stop();
    await provider?.stop();
  });

  const status = async (token: string): Promise<number> =>
    (await rawRequest(gateway.port, requestBytes('GET', '/orders/1', [['Host', 'api.test'], bearer(token)])))
      .status;

  const countInto = (counts: Map<number, number>, code: number) =>
    counts.set(code, (counts.get(code) ?? 0) + 1);

  it('four rotations, each with the old keys still published: every valid token 200, every bad one 401', {
    timeout: 120_000,
  }, async () => {
    const good = new Map<number, number>();
    const bad = new Map<number, number>();
    let looks = 0;
    /** The load has looked so many times more, which takes as long as it takes. */
    const looked = async (more: number) => {
      const wanted = looks + more;
      await vi.waitUntil(() => looks >= wanted, { timeout: 20_000 });
    };
    const pool = [await provider.accessToken()];
    const rotated: string[] = [...provider.kids()];
    let running = true;
    const client = async () => {
      while (running) {
        const token = pool[Math.floor(Math.random() * pool.length)] ?? '';
        countInto(good, await status(token));
        countInto(bad, await status(`${token.slice(0, -8)}AAAAAAAA`));
        looks += 1;
      }
    };
    const clients = [client(), client(), client(), client()];
    try {
      for (let rotation = 0; rotation < 4; rotation += 1) {
        // A key that is new is asked for at once where the cooldown of a second has passed.
        await new Promise((resolve) => setTimeout(resolve, 1_100));
        await provider.rotate('all', rotation % 2 === 0 ? 'RS256' : 'ES256');
        rotated.push(...provider.kids().slice(0, 1));
        for (let issued = 0; issued < 10; issued += 1) {
          const token = await provider.accessToken();
          countInto(good, await status(token));
          pool.push(token);
          await looked(2);
        }
        await looked(20);
      }
    } finally {
      running = false;
    }
    await Promise.all(clients);
    expect([...good.keys()]).toEqual([200]);
    expect([...bad.keys()]).toEqual([401]);
    const unused = () => {
      const passed = gateway.logs().filter((line) => line.event === 'request' && line.status === 200);
      return rotated.filter((kid) => !passed.some((line) => line.kid === kid));
    };
    await expect.poll(unused).toEqual([]);
  });

  it('a key that leaves at once stops opening within its freshness, and the new one opens at first sight', async () => {
    const old = await provider.accessToken();
    expect(await status(old)).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await provider.rotate('none');
    const fresh = await provider.accessToken();
    expect(await status(fresh)).toBe(200);
    expect(await status(old)).toBe(401);
    expect(await status(fresh)).toBe(200);
  });
});
