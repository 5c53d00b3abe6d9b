import { afterAll, beforeAll, it } from 'vitest';
import { type Origin, raw, silence, startOrigin } from '../fixtures/origin.ts';
import { openSocket, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

// A client that leaves while nothing is pending is in proxy-stream.test.ts.

let origin: Origin;
let worker: Gateway;

beforeAll(async () => {
  origin = await startOrigin();
  worker = await startGateway({
    configFile: 'test/fixtures/proxy-worker.toml',
    vars: { ORIGIN: origin.url },
  });
});

afterAll(async () => {
  await worker?.stop();
  await origin?.stop();
});

it.each([
  ['before the answer', silence],
  ['within the answer', raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')],
])(
  'a client that leaves %s ends the origin’s request once nothing is pending in waitUntil',
  async (_title, responder) => {
    origin.respondWith(responder);
    const arrival = origin.next();
    const socket = await openSocket(worker.port);
    socket.write(requestBytes('GET', '/a', [['Host', 'api.test']]));
    const request = await arrival;
    if (responder !== silence) await worker.logged((line) => line.status === 200);
    socket.resetAndDestroy();
    await request.closed;
  },
);
