import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Deployment, issuerTable, startDeployment } from '../fixtures/deployment.ts';
import { startIssuer } from '../fixtures/issuer.ts';
import { Listener } from '../fixtures/listener.ts';
import { echo, eventStream, type Origin, startOrigin } from '../fixtures/origin.ts';
import { openSocket, requestBytes } from '../fixtures/raw-http.ts';
import { aRevocation } from '../fixtures/revocation.ts';
import {
  acceptWebSocket,
  closePayload,
  closing,
  type FrameEnd,
  openWebSocket,
} from '../fixtures/websocket-frames.ts';

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const REASON = 'the access token is not valid any more';

/** Where a test sends to. */
interface Place {
  readonly origin: Origin;
  readonly path: string;
}

/** Tests that wait for an end do so beside each other, each at a place of its own. */
const CACHED = { revocation: { mode: 'cached', max_staleness: '2s' } };
const WAITING = {
  socket: {},
  deaf: {},
  'strict-socket': { revocation: { mode: 'strict' } },
  'cached-socket': CACHED,
  events: {},
  'revoked-events': CACHED,
  forever: { end_with_token: false },
  text: {},
  measured: { end_with_token: true },
  chunked: { end_with_token: true },
} as const;
type Waiting = keyof typeof WAITING;

let origin: Origin;
let places: ReadonlyMap<string, Place>;
let live: Place;
let deployment: Deployment;
let issuer: Awaited<ReturnType<typeof startIssuer>>;

beforeAll(async () => {
  origin = await startOrigin();
  issuer = await startIssuer();
  const route = ({ path, origin: { url } }: Place, more: object = {}) => ({
    path,
    origin: url,
    revocation: { mode: 'off' },
    ...more,
  });
  live = { origin, path: '/live' };
  const waiting = await Promise.all(
    Object.keys(WAITING).map(
      async (name) => [name, { origin: await startOrigin(), path: `/${name}` }] as const,
    ),
  );
  places = new Map(waiting);
  deployment = await startDeployment(
    {
      ISSUERS: { main: issuerTable(issuer, { clock_tolerance: '0s' }) },
      ROUTES: {
        live: route(live),
        everything: route({ origin, path: '/everything' }, { end_with_token: true }),
        ...Object.fromEntries(waiting.map(([name, place]) => [name, route(place, WAITING[name as Waiting])])),
      },
    },
    { origin },
  );
});

beforeEach(() => origin.respondWith(echo));

afterAll(async () => {
  await deployment?.stop();
  await Promise.all(
    [issuer, ...[...places.values()].map((place) => place.origin)].map((each) => each?.stop()),
  );
});

const authorization = async (claims: Record<string, unknown>) =>
  [['Authorization', `Bearer ${await issuer.sign(claims)}`]] as const;
const now = () => Math.floor(Date.now() / 1000);
/** Long enough for their handshakes on a busy machine. */
const SOON = 6;
const shortLived = () => authorization({ exp: now() + SOON });
const longLived = () => authorization({});

function placeOf(name: Waiting): Place {
  const place = places.get(name);
  if (place === undefined) throw new Error(name);
  return place;
}

const revoke = (sub: string) =>
  deployment.store.revoke([
    aRevocation({ kind: 'sub', issuer: issuer.url, value: sub, issuedBefore: now() + 1 }, now() + 3_600),
  ]);

type Headers = Awaited<ReturnType<typeof longLived>>;

async function pair({ origin: at, path }: Place, headers: Headers): Promise<FrameEnd[]> {
  const { responder, accepted } = acceptWebSocket();
  at.respondWith(responder);
  const client = await openWebSocket(deployment.gateway.port, path, headers);
  return [client, await accepted];
}

async function stream({ origin: at, path }: Place, headers: Headers) {
  const socket = await openSocket(deployment.gateway.port);
  const client = new Listener(socket);
  const arrival = at.next();
  socket.write(requestBytes('GET', path, [['Host', 'api.test'], ...headers]));
  return { client, socket, request: await arrival };
}

describe.concurrent('at the end of the token', () => {
  describe('a WebSocket', () => {
    it('passes text and binary both ways, and is closed with 1008 at the end of the token', async () => {
      const exp = now() + SOON;
      const [client, served] = await pair(placeOf('socket'), await authorization({ exp }));
      if (client === undefined || served === undefined) throw new Error('no connection');
      client.send(TEXT, 'grüße');
      client.send(BINARY, Buffer.from([0, 1, 255]));
      client.send(TEXT, '');
      served.send(BINARY, Buffer.alloc(60_000, 7));
      served.send(TEXT, 'back');
      expect([await served.frame(0), await served.frame(1), await served.frame(2)]).toEqual([
        { opcode: TEXT, payload: Buffer.from('grüße') },
        { opcode: BINARY, payload: Buffer.from([0, 1, 255]) },
        { opcode: TEXT, payload: Buffer.alloc(0) },
      ]);
      expect([await client.frame(0), await client.frame(1)]).toEqual([
        { opcode: BINARY, payload: Buffer.alloc(60_000, 7) },
        { opcode: TEXT, payload: Buffer.from('back') },
      ]);
      expect(closing(await client.frame(2))).toEqual([CLOSE, 1008, REASON]);
      expect(closing(await served.frame(3))).toEqual([CLOSE, 1008, REASON]);
      // By a timer, which may be some milliseconds early.
      expect(Date.now() / 1000).toBeGreaterThan(exp - 0.5);
      await deployment.gateway.logged(
        ({ event, route, cause }) =>
          event === 'connection_ended' && route === 'socket' && cause === 'expired',
      );
      client.socket.destroy();
    });

    it('passes nothing after that, though a client never answers the close frame', async () => {
      const [client, served] = await pair(placeOf('deaf'), await shortLived());
      if (client === undefined || served === undefined) throw new Error('no connection');
      await client.frame(0);
      client.send(TEXT, 'late');
      served.send(TEXT, 'late');
      served.send(CLOSE, closePayload(1008));
      await served.closed;
      expect([client.frames.length, served.frames.length]).toEqual([1, 1]);
      client.socket.destroy();
    });

    it.each(['strict-socket', 'cached-socket'] as const)(
      'is closed when the token is revoked: %s',
      async (name) => {
        const sub = `revoked-on-${name}`;
        const [client, served] = await pair(placeOf(name), await authorization({ sub }));
        client?.send(TEXT, 'still there');
        await served?.frame(0);
        await revoke(sub);
        const frame = await client?.frame(0);
        expect(frame && closing(frame)).toEqual([CLOSE, 1008, REASON]);
        await deployment.gateway.logged(
          ({ event, route, cause }) => event === 'connection_ended' && route === name && cause === 'revoked',
        );
        client?.socket.destroy();
      },
    );
  });

  describe('an event stream', () => {
    it('ends as its origin would end it, and the origin is let go', async () => {
      const events = eventStream();
      const place = placeOf('events');
      place.origin.respondWith(events.responder, 'head');
      const { client, request, socket } = await stream(place, await shortLived());
      await client.hears('first');
      events.more('second');
      await client.hears('second');
      await client.hears('0\r\n\r\n');
      await request.closed;
      socket.destroy();
    });

    it('ends when the token is revoked', async () => {
      const sub = 'revoked-stream';
      const events = eventStream();
      const place = placeOf('revoked-events');
      place.origin.respondWith(events.responder, 'head');
      const { client, request, socket } = await stream(place, await authorization({ sub }));
      await client.hears('first');
      await revoke(sub);
      await client.hears('0\r\n\r\n');
      await request.closed;
      socket.destroy();
    });

    it('goes on where the route says so', async () => {
      const events = eventStream();
      const place = placeOf('forever');
      place.origin.respondWith(events.responder, 'head');
      const exp = now() + SOON;
      const { client, socket } = await stream(place, await authorization({ exp }));
      await client.hears('first');
      await expect.poll(() => Date.now() / 1000, { timeout: 20_000 }).toBeGreaterThan(exp + 1);
      events.more('after');
      await client.hears('after');
      socket.destroy();
    });
  });

  describe('other content', () => {
    const slow = ({ origin: at }: Place, lines: string) => {
      let more = (_: string) => {};
      at.respondWith((socket) => {
        more = (text) => socket.write(text);
        socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n${lines}\r\n`);
      }, 'head');
      return (text: string) => more(text);
    };

    it('goes on by default', async () => {
      const place = placeOf('text');
      const more = slow(place, 'Content-Length: 10\r\n');
      const exp = now() + SOON;
      const { client, socket } = await stream(place, await authorization({ exp }));
      more('01234');
      await client.hears('01234');
      await expect.poll(() => Date.now() / 1000, { timeout: 20_000 }).toBeGreaterThan(exp + 1);
      more('56789');
      await client.hears('56789');
      socket.destroy();
    });

    it.each([
      ['of a known length', 'measured', 'Content-Length: 10\r\n', '01234'],
      ['in chunks', 'chunked', 'Transfer-Encoding: chunked\r\n', '5\r\n01234\r\n'],
    ] as const)(
      '%s breaks off where the route says so: no part is taken for the whole',
      async (_, name, lines, part) => {
        const place = placeOf(name);
        const more = slow(place, lines);
        const { client, request } = await stream(place, await shortLived());
        more(part);
        await client.hears('01234');
        expect(client.text.toLowerCase()).toContain(lines.toLowerCase());
        await client.closed;
        await request.closed;
        expect(client.text).not.toContain('0\r\n\r\n');
      },
    );
  });
});

describe('a WebSocket', () => {
  it.each([
    ['from the origin', 1, closePayload(4001, 'bye'), [CLOSE, 4001, 'bye']],
    ['from the client', 0, closePayload(4002, 'done'), [CLOSE, 4002, 'done']],
    ['from the origin, without a code', 1, Buffer.alloc(0), [CLOSE, 1005, '']],
    ['from the client, without a code', 0, Buffer.alloc(0), [CLOSE, 1005, '']],
    ['1000 from the origin', 1, closePayload(1000), [CLOSE, 1000, '']],
    ['1001 from the client', 0, closePayload(1001), [CLOSE, 1001, '']],
  ])('passes a close frame on: %s', async (_, from, payload, expected) => {
    const ends = await pair(live, await longLived());
    ends[from]?.send(CLOSE, payload);
    const told = await ends[1 - from]?.frame(0);
    expect(told && closing(told)).toEqual(expected);
    for (const { socket } of ends) socket.destroy();
  });

  it.each([
    ['origin', 1, 1011],
    ['client', 0, 1001],
  ])('tells the other side when the %s vanishes', async (_, from, code) => {
    const ends = await pair(live, await longLived());
    ends[from]?.socket.resetAndDestroy();
    const told = await ends[1 - from]?.frame(0);
    expect(told && closing(told).slice(0, 2)).toEqual([CLOSE, code]);
    for (const { socket } of ends) socket.destroy();
  });
});

describe('an event stream', () => {
  it.each([
    ['ends', true],
    ['breaks off', false],
  ])('that %s at the origin does so for the client', async (_, whole) => {
    origin.respondWith((socket) => {
      socket.write(
        'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n',
      );
      socket.write('Transfer-Encoding: chunked\r\n\r\n5\r\ndata:\r\n', () => {
        if (whole) socket.end('0\r\n\r\n');
        else socket.resetAndDestroy();
      });
    }, 'head');
    const { client, socket } = await stream(live, await longLived());
    if (whole) await client.hears('0\r\n\r\n');
    else await client.closed;
    socket.destroy();
    expect(client.text.includes('0\r\n\r\n')).toBe(whole);
  });

  it('waits for a client that does not read', async () => {
    const total = 256 * 1024 * 1024;
    const chunk = Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`);
    let sent = 0;
    origin.respondWith((socket) => {
      socket.write(
        'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
      );
      const go = () => {
        while (sent < total && !socket.destroyed) {
          sent += chunk.length;
          if (!socket.write(chunk)) {
            socket.once('drain', go);
            return;
          }
        }
      };
      go();
    }, 'head');
    const socket = await openSocket(deployment.gateway.port);
    socket.pause();
    const arrival = origin.next();
    socket.write(requestBytes('GET', '/live', [['Host', 'api.test'], ...(await longLived())]));
    await arrival;
    let before = -1;
    await expect
      .poll(
        () => {
          const stands = sent > 0 && sent === before;
          before = sent;
          return stands;
        },
        { interval: 500, timeout: 20_000 },
      )
      .toBe(true);
    expect(sent).toBeLessThan(total / 4);
    socket.destroy();
  });
});

describe('other content', () => {
  it('that is done before is the same', async () => {
    const { client, socket } = await stream({ origin, path: '/everything' }, await longLived());
    await client.hears('"target":"/everything"');
    expect(client.text).toMatch(/content-length: \d+/i);
    socket.destroy();
  });
});
