import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { echo, type Origin, type OriginResponder, raw, reset, startOrigin } from '../fixtures/origin.ts';
import { exchange, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

/** A deadline that a busy machine keeps for all but what is to miss it. */
const TIMEOUT_MS = 2_000;
const BRIEF_MS = 300;

let origin: Origin;
let gateway: Gateway;

beforeAll(async () => {
  origin = await startOrigin();
  const open = { authentication: 'none', revocation: { mode: 'off' }, timeout: `${TIMEOUT_MS}ms` };
  gateway = await startGateway({
    vars: {
      ISSUERS: {},
      ROUTES: {
        all: { ...open, path: '/*', origin: origin.url },
        brief: { ...open, path: '/brief', origin: origin.url, timeout: `${BRIEF_MS}ms` },
        bound: { ...open, path: '/bound/*', origin: 'service:ORDERS' },
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

/** The status, and how many requests reached the origin for it. */
async function sent(
  method: string,
  headers: readonly (readonly [string, string])[] = [],
  body = '',
  target = '/a',
): Promise<readonly [status: number | undefined, requests: number]> {
  const before = origin.received.length;
  const [response] = await exchange(
    gateway.port,
    requestBytes(method, target, [['Host', 'api.test'], ...headers], body),
  );
  return [response?.status, origin.received.length - before];
}

/** One responder after the other, the last one for good. */
function inTurn(...responders: readonly OriginResponder[]): OriginResponder {
  let asked = 0;
  return (socket, request) => responders[Math.min(asked++, responders.length - 1)]?.(socket, request);
}

/** A connection that takes one request and fails at the second. */
function closingReused(close: (socket: Socket) => void): OriginResponder {
  const used = new WeakSet<Socket>();
  return (socket, request) => {
    if (used.has(socket)) return close(socket);
    used.add(socket);
    echo(socket, request);
  };
}

const closes = [
  ['closed', (socket: Socket) => socket.end()],
  ['reset', (socket: Socket) => socket.resetAndDestroy()],
] as const;

describe('a kept connection that is no more', () => {
  it.each(
    closes.flatMap(([how, close]) =>
      ['GET', 'HEAD', 'OPTIONS'].map((method) => [method, how, close] as const),
    ),
  )('%s is sent once more when it was %s', async (method, _how, close) => {
    origin.respondWith(closingReused(close));
    await sent('GET');
    await wait(30);
    expect(await sent(method)).toEqual([200, 2]);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'QUERY'])(
    '%s is not, with content or without',
    async (method) => {
      origin.respondWith(reset);
      expect(await sent(method)).toEqual([502, 1]);
      expect(await sent(method, [['Content-Length', '2']], 'hi')).toEqual([502, 1]);
    },
  );

  it('OPTIONS with content is not', async () => {
    origin.respondWith(reset);
    expect(await sent('OPTIONS', [['Content-Length', '2']], 'hi')).toEqual([502, 1]);
    expect(await sent('OPTIONS', [['Transfer-Encoding', 'chunked']], '2\r\nhi\r\n0\r\n\r\n')).toEqual([
      502, 1,
    ]);
  });

  it('a handshake is not', async () => {
    origin.respondWith(reset);
    const handshake = [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ] as const;
    expect(await sent('GET', handshake)).toEqual([502, 1]);
  });

  it('a service binding is asked once', async () => {
    origin.respondWith(reset);
    expect(await sent('GET', [], '', '/bound/a')).toEqual([502, 1]);
  });
});

describe('the second time', () => {
  it.each(['GET', 'HEAD', 'OPTIONS'])('is the last one for %s', async (method) => {
    origin.respondWith(reset);
    expect(await sent(method)).toEqual([502, 2]);
  });

  it('takes the same headers', async () => {
    origin.respondWith(inTurn(reset, echo));
    expect(await sent('GET', [['X-Mark', 'm']])).toEqual([200, 2]);
    const [first, second] = origin.received.slice(-2);
    expect(second?.headers).toEqual(first?.headers);
    expect(second?.target).toBe(first?.target);
  });

  it('has what is left of the time', async () => {
    const halfTime = TIMEOUT_MS / 2;
    const late: OriginResponder = (socket) => setTimeout(() => socket.resetAndDestroy(), halfTime);
    // Within the whole of the time, had it that anew.
    const later: OriginResponder = (socket, request) =>
      setTimeout(() => echo(socket, request), halfTime + TIMEOUT_MS / 4);
    origin.respondWith(inTurn(late, later));
    expect(await sent('GET')).toEqual([504, 2]);
  });

  it('does not come after the deadline', async () => {
    const before = origin.received.length;
    origin.respondWith((socket) => setTimeout(() => socket.resetAndDestroy(), BRIEF_MS * 1.25));
    expect(await sent('GET', [], '', '/brief')).toEqual([504, 1]);
    await wait(BRIEF_MS);
    expect(origin.received.length - before).toBe(1);
  });

  it('does not follow an answer, whatever it says', async () => {
    origin.respondWith(raw('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n'));
    expect(await sent('GET')).toEqual([503, 1]);
    origin.respondWith(raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345', true));
    const before = origin.received.length;
    await exchange(gateway.port, requestBytes('GET', '/a', [['Host', 'api.test']]));
    expect(origin.received.length - before).toBe(1);
  });
});
