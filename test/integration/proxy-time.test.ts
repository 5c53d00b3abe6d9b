import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Listener } from '../fixtures/listener.ts';
import {
  echo,
  eventStream,
  type Origin,
  type OriginResponder,
  raw,
  reply,
  reset,
  resetMidBody,
  silence,
  startOrigin,
  webSocketEcho,
} from '../fixtures/origin.ts';
import { exchange, openSocket, type RawResponse, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

const TIMEOUT_MS = 200;
/** Kept by a busy machine for what answers at once. */
const KEPT_MS = 1_500;
const PAST_KEPT_MS = 1.2 * KEPT_MS;

let origin: Origin;
let gateway: Gateway;

beforeAll(async () => {
  origin = await startOrigin();
  const open = { origin: origin.url, authentication: 'none', revocation: { mode: 'off' } };
  gateway = await startGateway({
    vars: {
      ISSUERS: {},
      ROUTES: {
        impatient: { ...open, path: '/impatient/*', timeout: `${TIMEOUT_MS}ms` },
        kept: { ...open, path: '/kept/*', timeout: `${KEPT_MS}ms` },
        patient: { ...open, path: '/patient/*' },
        bound: { ...open, path: '/bound/*', origin: 'service:ORDERS', timeout: `${TIMEOUT_MS}ms` },
        nowhere: { ...open, path: '/nowhere/*', origin: 'https://no-such-host.invalid' },
      },
    },
    services: { ORDERS: `127.0.0.1:${origin.port}` },
    revocationObject: false,
  });
});

afterEach(() => origin.respondWith(echo));

afterAll(async () => {
  await gateway?.stop();
  await origin?.stop();
});

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const get = (target: string, headers: readonly (readonly [string, string])[] = []) =>
  requestBytes('GET', target, [['Host', 'api.test'], ...headers]);

async function answered(target: string, responder: OriginResponder): Promise<RawResponse | undefined> {
  origin.respondWith(responder);
  return (await exchange(gateway.port, get(target)))[0];
}

describe('the deadline', () => {
  it.each(['/impatient/x', '/bound/x'])(
    '%s: no headers in time is a 504, and the origin is let go',
    async (target) => {
      const arrival = origin.next();
      const response = await answered(target, silence);
      expect(response?.status).toBe(504);
      expect(response?.header('content-type')).toBe('application/problem+json');
      await (await arrival).closed;
    },
  );

  it('an unfinished head is no head', async () => {
    const response = await answered('/impatient/x', raw('HTTP/1.1 200 OK\r\nX-A: 1\r\n'));
    expect(response?.status).toBe(504);
  });

  it('interim responses do not stop it', async () => {
    const response = await answered('/impatient/x', raw('HTTP/1.1 102 Processing\r\n\r\n'));
    expect(response?.status).toBe(504);
  });

  it('does not cut an event stream', async () => {
    const stream = eventStream();
    origin.respondWith(stream.responder);
    const socket = await openSocket(gateway.port);
    const client = new Listener(socket);
    socket.write(get('/kept/x'));
    await client.hears('data: first');
    await wait(PAST_KEPT_MS);
    stream.more('late');
    await client.hears('data: late');
    stream.end();
    await client.hears('\r\n0\r\n\r\n');
    socket.destroy();
  });

  it('does not cut a WebSocket', async () => {
    origin.respondWith(webSocketEcho());
    const socket = await openSocket(gateway.port);
    const client = new Listener(socket);
    socket.write(
      get('/kept/x', [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'WebSocket'],
        ['Sec-WebSocket-Version', '13'],
        ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ]),
    );
    await client.hears('\r\n\r\n');
    expect(client.text).toMatch(/^HTTP\/1\.1 101 /);
    expect(client.text).toContain('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    await wait(PAST_KEPT_MS);
    socket.write(Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from('hello')]));
    await client.hears('\x81\x05hello');
    socket.resetAndDestroy();
  });

  it('an upgrade that the origin refuses is the origin’s answer', async () => {
    origin.respondWith(reply('403 Forbidden', [['X-From', 'origin']], 'no'));
    const [response] = await exchange(
      gateway.port,
      get('/kept/x', [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'websocket'],
        ['Sec-WebSocket-Version', '13'],
        ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ]),
    );
    expect([response?.status, response?.header('x-from'), response?.body]).toEqual([403, 'origin', 'no']);
  });
});

describe('an origin out of reach', () => {
  it.each([
    ['resets before a byte', reset],
    ['closes before a byte', raw('', true)],
    ['closes within the head', raw('HTTP/1.1 200 OK\r\nX-A', true)],
  ])('that %s is a 502 without details', async (_title, responder) => {
    const response = await answered('/patient/x', responder);
    expect(response?.status).toBe(502);
    expect(response?.body).not.toMatch(/127\.0\.0\.1|connect|reset|socket/i);
  });

  it('that refuses is a 502, and serves again once it is back', async () => {
    await origin.refuse();
    const response = await answered('/patient/x', echo);
    await origin.resume();
    expect(response?.status).toBe(502);
    expect((await answered('/patient/x', echo))?.status).toBe(200);
  });

  it('that has no address is a 502', async () => {
    expect((await answered('/nowhere/x', echo))?.status).toBe(502);
  });

  it('that resets within the content breaks off the client’s, which cannot be taken for whole', async () => {
    origin.respondWith(resetMidBody);
    const socket = await openSocket(gateway.port);
    const client = new Listener(socket);
    socket.write(get('/patient/x'));
    await client.closed;
    expect(client.text).toContain('Content-Length: 10');
    expect(client.text).toMatch(/\r\n\r\n1?2?3?4?5?$/);
  });

  it('that breaks off chunks breaks off the client’s', async () => {
    origin.respondWith(raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', true));
    const socket = await openSocket(gateway.port);
    const client = new Listener(socket);
    socket.write(get('/patient/x'));
    await client.closed;
    expect(client.text).not.toContain('0\r\n\r\n');
  });
});
