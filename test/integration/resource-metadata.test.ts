import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, send, tally } from '../fixtures/client.ts';
import { type Deployment, issuerTable, routeTables, startDeployment } from '../fixtures/deployment.ts';
import { AUDIENCE, startIssuer } from '../fixtures/issuer.ts';
import { startOrigin } from '../fixtures/origin.ts';

let deployment: Deployment;
const METADATA = '/.well-known/oauth-protected-resource/mcp';

beforeAll(async () => {
  const origin = await startOrigin();
  const other = await startIssuer();
  const guarded = { origin: origin.url, resource_metadata: { resource: 'https://api.test/mcp' } };
  deployment = await startDeployment(
    {
      ISSUERS_MORE: { other: issuerTable(other, { audience: [AUDIENCE, 'https://api.test/mcp'] }) },
      ROUTES: {
        ...routeTables(origin),
        mcp: {
          ...guarded,
          path: '/mcp/*',
          methods: ['POST'],
          scope: ['orders:write'],
          issuers: ['main', 'other'],
        },
        stream: { ...guarded, path: '/mcp/*', methods: ['GET'], issuers: ['main'] },
        rest: { path: '/*', origin: origin.url, authentication: 'none' },
      },
    },
    { origin },
  );
});
afterAll(() => deployment?.stop());

const ask = (method: string, target: string, headers: readonly (readonly [string, string])[] = []) =>
  send(deployment.gateway, method, target, headers);

describe('the metadata of a protected resource', () => {
  it('stands at its own place, past a route for everything', async () => {
    const before = tally(deployment).atOrigin;
    const { response, event } = await ask('GET', `${METADATA}?x=1`);
    expect([response.status, response.header('content-type')]).toEqual([200, 'application/json']);
    expect(response.json()).toEqual({
      resource: 'https://api.test/mcp',
      authorization_servers: [deployment.issuer.url, expect.stringMatching(/^http:/)],
      scopes_supported: ['orders:write'],
      bearer_methods_supported: ['header'],
    });
    expect(event).toMatchObject({ route: 'portcullis.resource-metadata', decision: 'allowed', status: 200 });
    expect(tally(deployment).atOrigin).toBe(before);
  });

  it.each([
    '/.well-known/oauth-protected-resource',
    `${METADATA}/`,
    `${METADATA}/x`,
    '/.well-known/oauth-protected-resource/mc%70',
  ])('%s is another path, and the origin of that answers', async (target) => {
    const { response, event } = await ask('GET', target);
    expect([response.status, event.route]).toEqual([200, 'rest']);
  });

  it('is of its host alone', async () => {
    expect((await ask('GET', METADATA, [['Host', 'other.test']])).event.route).toBe('rest');
    expect((await ask('GET', METADATA, [['Host', 'API.test:8443']])).response.status).toBe(200);
  });

  it.each([
    ['POST', 405],
    ['OPTIONS', 204],
    ['HEAD', 200],
  ])('%s is %i', async (method, status) => {
    expect((await ask(method, METADATA)).response.status).toBe(status);
  });

  it.each<[string, string, () => Promise<string | undefined>, number, string]>([
    ['GET', 'no token', async () => undefined, 401, 'Bearer realm="api"'],
    ['POST', 'no token', async () => undefined, 401, 'Bearer realm="api", scope="orders:write"'],
    [
      'GET',
      'a bad one',
      async () => 'a.b.c',
      401,
      'Bearer realm="api", error="invalid_token", error_description="The access token is not valid."',
    ],
    [
      'POST',
      'too narrow a one',
      () => deployment.issuer.sign({ scope: 'orders:read' }),
      403,
      'Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant the scope needed here.", scope="orders:write"',
    ],
  ])('is named in the challenge to %s with %s', async (method, _, token, status, before) => {
    const presented = await token();
    const { response } = await ask(method, '/mcp', presented === undefined ? [] : [bearer(presented)]);
    expect(response.status).toBe(status);
    expect(response.header('www-authenticate')).toBe(
      `${before}, resource_metadata="https://api.test${METADATA}"`,
    );
  });

  it('is named by no other route', async () => {
    expect((await ask('GET', '/orders/1')).response.header('www-authenticate')).toBe('Bearer realm="api"');
  });
});
