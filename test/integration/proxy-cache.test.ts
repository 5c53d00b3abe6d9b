import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { exchange, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';
import { CF_BLOB } from '../fixtures/workerd-config.ts';

let edge: Origin;
let gateway: Gateway;

beforeAll(async () => {
  edge = await startOrigin();
  gateway = await startGateway({
    vars: {
      ISSUERS: {},
      ROUTES: {
        all: {
          path: '/*',
          origin: 'http://localhost:9',
          authentication: 'none',
          revocation: { mode: 'off' },
        },
      },
    },
    outbound: `127.0.0.1:${edge.port}`,
    revocationObject: false,
  });
});

afterAll(async () => {
  await gateway?.stop();
  await edge?.stop();
});

it.each(['GET', 'HEAD', 'POST'])(
  "%s goes past Cloudflare's cache: what the runtime itself asks for with no-store",
  async (method) => {
    await exchange(gateway.port, requestBytes(method, '/a', [['Host', 'api.test']]));
    const [blob = ''] = edge.received.at(-1)?.values(CF_BLOB.toLowerCase()) ?? [];
    expect(JSON.parse(blob)).toEqual({ cacheTtl: -1, cacheLevel: 'bypass', cacheControl: 'no-store' });
  },
);
