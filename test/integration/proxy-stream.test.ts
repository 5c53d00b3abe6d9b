import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Listener } from '../fixtures/listener.ts';
import { echo, type Origin, raw, reply, silence, startOrigin, webSocketEcho } from '../fixtures/origin.ts';
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
        all: { path: '/*', origin: origin.url, authentication: 'none', revocation: { mode: 'off' } },
      },
    },
    revocationObject: false,
  });
});

afterEach(() => origin.respondWith(echo));

afterAll(async () => {
  await gateway?.stop();
  await origin?.stop();
});

const get = (target: string, headers: readonly (readonly [string, string])[] = []) =>
  requestBytes('GET', target, [['Host', 'api.test'], ...headers]);

describe('a client that leaves', () => {
  it('before the answer: the origin is let go', async () => {
    origin.respondWith(silence);
    const arrival = origin.next();
    const socket = await openSocket(gateway.port);
    socket.write(get('/x'));
    const request = await arrival;
    socket.resetAndDestroy();
    await request.closed;
  });

  it('within the answer: the origin is let go', async () => {
    origin.respondWith(raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'));
    const arrival = origin.next();
    const socket = await openSocket(gateway.port);
    const client = new Listener(socket);
    socket.write(get('/x'));
    await client.hears('half');
    socket.resetAndDestroy();
    await (await arrival).closed;
  });

  it('within its own content: the origin is let go, with no end made up', async () => {
    let uploaded = '';
    origin.respondWith((socket) => {
      socket.on('data', (chunk) => {
        uploaded += chunk.toString('latin1');
      });
    }, 'head');
    const arrival = origin.next();
    const socket = await openSocket(gateway.port);
    const head = requestBytes('POST', '/x', [
      ['Host', 'api.test'],
      ['Transfer-Encoding', 'chunked'],
    ]);
    socket.write(`${head}3\r\nabc\r\n`);
    const request = await arrival;
    await expect.poll(() => uploaded).toContain('abc');
    socket.resetAndDestroy();
    await request.closed;
    expect(uploaded).not.toContain('0\r\n\r\n');
  });

  it('from a WebSocket: the origin is let go', async () => {
    origin.respondWith(webSocketEcho());
    const arrival = origin.next();
    const socket = await openSocket(gateway.port);
    const client = new Listener(socket);
    socket.write(
      get('/x', [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'websocket'],
        ['Sec-WebSocket-Version', '13'],
        ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ]),
    );
    await client.hears('\r\n\r\n');
    socket.resetAndDestroy();
    await (await arrival).closed;
  });
});

describe('content in both directions', () => {
  it('is passed on as it comes, neither side waiting for the other', async () => {
    let uploaded = '';
    let answer: Socket | undefined;
    origin.respondWith((socket) => {
      answer = socket;
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nup\r\n');
      socket.on('data', (chunk) => {
        uploaded += chunk.toString('latin1');
      });
    }, 'head');
    const socket = await openSocket(gateway.port);
    const client = new Listener(socket);
    const head = requestBytes('POST', '/x', [
      ['Host', 'api.test'],
      ['Transfer-Encoding', 'chunked'],
    ]);
    socket.write(`${head}3\r\none\r\n`);
    await client.hears('up');
    await expect.poll(() => uploaded).toContain('one');
    expect(uploaded).not.toContain('two');
    socket.write('3\r\ntwo\r\n');
    await expect.poll(() => uploaded).toContain('two');
    answer?.write('5\r\nagain\r\n');
    await client.hears('again');
    socket.write('0\r\n\r\n');
    await expect.poll(() => uploaded).toContain('0\r\n\r\n');
    answer?.end('0\r\n\r\n');
    await client.hears('0\r\n\r\n');
    socket.destroy();
  });

  it('two megabytes each way are the same bytes', async () => {
    const size = 2 * 1024 * 1024;
    const content = '0123456789abcdef'.repeat(size / 16);
    origin.respondWith((socket, request) => reply('200 OK', [], request.body)(socket, request));
    const response = await fetch(`${gateway.url}/x`, { method: 'POST', body: content });
    const text = await response.text();
    expect(text.length).toBe(content.length);
    expect(text === content).toBe(true);
  });
});
