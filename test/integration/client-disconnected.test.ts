import { afterAll, beforeAll, expect, it } from 'vitest';
import { send } from '../fixtures/client.ts';
import { echo, type Origin, silence, startOrigin } from '../fixtures/origin.ts';
import { openSocket, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

let origin: Origin;
let gateway: Gateway;

beforeAll(async () => {
  origin = await startOrigin();
  gateway = await startGateway({
    vars: {
      ISSUERS: {},
      ROUTES: {
        all: {
          path: '/*',
          origin: origin.url,
          authentication: 'none',
          timeout: '1s',
          revocation: { mode: 'off' },
        },
      },
    },
    revocationObject: false,
  });
});

afterAll(async () => {
  await gateway?.stop();
  await origin?.stop();
});

it('a request whose client left is in the log all the same, written by a later request', async () => {
  origin.respondWith(silence);
  const arrival = origin.next();
  const socket = await openSocket(gateway.port);
  socket.write(requestBytes('GET', '/x', [['Host', 'api.test']]));
  const request = await arrival;
  socket.resetAndDestroy();
  await request.closed;
  origin.respondWith(echo);
  const written = gateway.logged((line) => line.reason === 'client_disconnected', 15_000);
  const later = setInterval(() => void send(gateway, 'GET', '/later').catch(() => {}), 500);
  expect(await written).toEqual({
    event: 'request',
    time: expect.any(Number),
    reference: expect.stringMatching(/^[0-9a-f]{32}$/),
    method: 'GET',
    host: 'api.test',
    path: '/x',
    route: 'all',
    decision: 'failed',
    reason: 'client_disconnected',
    status: 0,
  });
  clearInterval(later);
}, 20_000);
