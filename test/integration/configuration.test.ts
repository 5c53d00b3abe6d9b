import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, send } from '../fixtures/client.ts';
import { type Deployment, startDeployment } from '../fixtures/deployment.ts';
import { rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

describe('a configuration with mistakes', () => {
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await startGateway({
      invalidConfiguration: true,
      vars: {
        ISSUERS: { acme: { issuer: 'https://id.acme.test', algorithms: ['ES256'] } },
        ROUTES: {
          orders: { path: '/orders/*', origin: 'http://10.0.0.1', issuers: ['amce'], scpoe: ['x'] },
          public: { path: '/public/*', origin: 'https://origin.test', authentication: 'nome' },
        },
      },
      secrets: {
        UPSTASH_REDIS_REST_URL: 'https://in-confidence.upstash.test',
        UPSTASH_REDIS_REST_TOKEN: 'redis-token-in-confidence',
      },
    });
  });

  afterAll(() => gateway?.stop());

  it.each(['/', '/public/x', '/orders/1', '/.portcullis/health', '/.portcullis/status', '/a//b'])(
    'answers 500 at %s and says nothing more',
    async (target) => {
      for (const method of ['GET', 'POST', 'HEAD']) {
        const response = await rawRequest(gateway.port, requestBytes(method, target, [['Host', 'api.test']]));
        expect(response.status).toBe(500);
        expect(response.header('content-type')).toBe('application/problem+json');
        expect(response.header('cache-control')).toBe('no-store');
        const said = response.body.replace(/(?<="reference":")[0-9a-f]{32}(?=")/, 'REFERENCE');
        expect(said).toBe(
          method === 'HEAD'
            ? ''
            : '{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"The gateway is not configured.","reference":"REFERENCE"}',
        );
      }
    },
  );

  it('names every mistake in the log, once, with its path, and no secret', async () => {
    const paths = () =>
      gateway
        .logs()
        .filter((line) => line.event === 'config_invalid')
        .map((line) => line.path);
    await expect
      .poll(paths)
      .toEqual(
        expect.arrayContaining([
          'ISSUERS.acme.audience',
          'ROUTES.orders.origin',
          'ROUTES.orders.issuers[0]',
          'ROUTES.orders.scpoe',
          'ROUTES.public.authentication',
        ]),
      );
    expect(new Set(paths()).size).toBe(paths().length);
    expect(gateway.output()).not.toContain('in-confidence');
  });
});

describe('a gateway without a secret to seal with', () => {
  const vars = {
    ROUTES: { public: { path: '/*', origin: 'https://origin.test', authentication: 'none' } },
  };
  const warned = (gateway: Gateway) =>
    gateway.logs().filter(({ event, path }) => event === 'config_warning' && path === 'CACHE_SECRET');

  it('says once what that costs; the token of Redis is no such secret', async () => {
    const gateway = await startGateway({
      vars,
      secrets: {
        UPSTASH_REDIS_REST_URL: 'https://redis.test',
        UPSTASH_REDIS_REST_TOKEN: 'in-confidence'.repeat(4),
      },
    });
    await expect
      .poll(() => warned(gateway))
      .toMatchObject([{ level: 'warn', hint: expect.stringContaining('share nothing') }]);
    expect(gateway.output()).not.toContain('in-confidence');
    await gateway.stop();
  });

  it('says nothing with one', async () => {
    const gateway = await startGateway({ vars, secrets: { CACHE_SECRET: 'x'.repeat(32) } });
    expect(warned(gateway)).toEqual([]);
    await gateway.stop();
  });
});

describe('the status endpoint', () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment({
      GATEWAY: { status: { issuer: 'main', scope: ['portcullis:status'] } },
    });
  });

  afterAll(() => deployment?.stop());

  const ask = async (claims?: Record<string, unknown>) => {
    const headers = claims === undefined ? [] : [bearer(await deployment.issuer.sign(claims))];
    return send(deployment.gateway, 'GET', '/.portcullis/status', headers);
  };

  it.each([
    ['nobody', undefined, 401],
    ['a token without the scope', { scope: 'orders:read' }, 403],
  ] as const)('tells %s nothing', async (_name, claims, status) => {
    const { response } = await ask(claims);
    expect(response.status).toBe(status);
    expect(response.body).not.toContain('jwks');
  });

  it.each([
    [
      'with a second token in the query',
      '/.portcullis/status?access_token=x',
      'api.test',
      'credentials_multiple',
    ],
    ['named by Host instead of the target', '/x', 'api.test/.portcullis/status?', 'path_ambiguous'],
  ] as const)('refuses a request %s, as any route does', async (_name, target, host, reason) => {
    const token = await deployment.issuer.sign({ scope: 'portcullis:status' });
    const { response, event } = await send(deployment.gateway, 'GET', target, [
      ['Host', host],
      bearer(token),
    ]);
    expect(response.status).toBe(400);
    expect(event.reason).toBe(reason);
  });

  it('tells who may know what this isolate knows of its issuers', async () => {
    const { response } = await ask({ scope: 'portcullis:status' });
    expect(response.status).toBe(200);
    expect(response.header('cache-control')).toBe('no-store');
    const kids = deployment.issuer.keys.map((key) => key.kid);
    expect(response.json()).toMatchObject({
      jwks: [
        {
          issuer: 'main',
          state: 'fresh',
          jwksUri: deployment.issuer.jwksUri,
          keys: expect.arrayContaining(kids.map((kid) => expect.objectContaining({ kid }))),
        },
      ],
    });
  });
});
