import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Listener } from '../fixtures/listener.ts';
import { type Origin, type OriginResponder, startOrigin } from '../fixtures/origin.ts';
import { openSocket, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

const LENGTH = 200_000;
const PIECE = Buffer.alloc(65_536, 'x');

let origin: Origin;
let gateway: Gateway;

beforeAll(async () => {
  origin = await startOrigin();
  const open = { origin: origin.url, authentication: 'none', revocation: { mode: 'off' } };
  gateway = await startGateway({
    vars: {
      ISSUERS: {},
      ROUTES: {
        all: { ...open, path: '/*', timeout: '60s' },
        counted: { ...open, path: '/counted/*', timeout: '60s', max_body: 500_000_000 },
        hasty: { ...open, path: '/hasty/*', timeout: '300ms' },
        nowhere: { ...open, path: '/nowhere/*', origin: 'http://127.0.0.1:1' },
      },
    },
    revocationObject: false,
  });
});

afterAll(async () => {
  await gateway?.stop();
  await origin?.stop();
});

let sent = 0;

/** An upload under way whose head announces its length, `Content-Length: 200000` unless told otherwise. */
async function upload(folder = '', headers: readonly (readonly [string, string])[] = [], method = 'POST') {
  const path = `${folder}/long/${++sent}`;
  const socket = await openSocket(gateway.port);
  const client = new Listener(socket);
  const framing = headers.length > 0 ? headers : [['Content-Length', String(LENGTH)] as const];
  socket.write(requestBytes(method, path, [['Host', 'api.test'], ...framing]));
  return { path, socket, client, event: () => gateway.logged((line) => line.path === path, 60_000) };
}

/** Answers as it likes, one request a connection, and counts what it hears of the content. */
function origins(respond: (socket: Socket, heard: { bytes: number }, target: string) => void) {
  const heard = new Map<string, { bytes: number }>();
  const responder: OriginResponder = (socket, { target }) => {
    const of = { bytes: 0 };
    heard.set(target, of);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      of.bytes += chunk.length;
    });
    respond(socket, of, target);
  };
  origin.respondWith(responder, 'head');
  return heard;
}

describe('a long upload of an announced length', () => {
  it('that the client ends early is its own fault, and short at the origin, whose connection closes', async () => {
    const heard = origins(() => {});
    const arrival = origin.next();
    const { path, socket, client, event } = await upload();
    socket.write('abc');
    await expect.poll(() => heard.get(path)?.bytes).toBe(3);
    socket.end();
    await client.hears('HTTP/1.1 400');
    await (await arrival).closed;
    expect(heard.get(path)?.bytes).toBe(3);
    expect(await event()).toMatchObject({
      reason: 'content_incomplete',
      status: 400,
      decision: 'denied',
      evidence: 'the content broke off',
    });
  });

  it('is never laid at the wrong door, many at a time', { timeout: 120_000 }, async () => {
    origins((socket, heard, target) => {
      const breaks = (how: () => void) => {
        socket.on('data', () => {
          if (heard.bytes > 50_000) how();
        });
      };
      if (target.startsWith('/reset/')) breaks(() => socket.resetAndDestroy());
      if (target.startsWith('/closed/')) breaks(() => socket.destroy());
      if (target.startsWith('/hangup/')) socket.resetAndDestroy();
    });
    const outcomes: Record<string, number> = {};
    const one = async (folder: string) => {
      const { socket, event } = await upload(folder);
      // The last octet is kept back: the client of a broken origin has not broken anything.
      socket.write(PIECE);
      socket.write(PIECE);
      if (folder === '/client') socket.end();
      const { reason, status } = await event();
      socket.destroy();
      const outcome = `${folder} ${status} ${reason}`;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    };
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        ['/client', '/reset', '/closed', '/hangup', '/nowhere'].flatMap((folder) =>
          Array.from({ length: 10 }, () => one(folder)),
        ),
      );
    }
    expect(outcomes).toEqual({
      '/client 400 content_incomplete': 100,
      '/reset 502 origin_unreachable': 100,
      '/closed 502 origin_unreachable': 100,
      '/hangup 502 origin_unreachable': 100,
      '/nowhere 502 origin_unreachable': 100,
    });
  });

  it('is sent once, whoever breaks it, whatever its method', async () => {
    origins((socket) => socket.resetAndDestroy());
    for (const method of ['POST', 'PUT', 'OPTIONS']) {
      const before = origin.received.length;
      const { socket, event } = await upload('', [], method);
      socket.write(PIECE);
      expect((await event()).status).toBe(502);
      expect(origin.received.length - before).toBe(1);
      socket.destroy();
    }
  });

  it('that stalls runs out of the origin’s time', async () => {
    origins(() => {});
    const { socket, client, event } = await upload('/hasty');
    socket.write('abc');
    await client.hears('HTTP/1.1 504');
    expect((await event()).reason).toBe('origin_timeout');
    socket.destroy();
  });

  it('that waits to be told to go on arrives whole', async () => {
    const heard = origins((socket, of) => {
      socket.on('data', () => {
        if (of.bytes === LENGTH)
          socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nread');
      });
    });
    const { path, socket, client } = await upload('', [
      ['Content-Length', String(LENGTH)],
      ['Expect', '100-continue'],
    ]);
    socket.write(Buffer.alloc(LENGTH, 'x'));
    await client.hears('read');
    expect(heard.get(path)?.bytes).toBe(LENGTH);
    socket.destroy();
  });
});

describe('an origin that answers before it has read all of it', () => {
  // A server that closes with much unread resets, and its answer may be lost on the way: the gateway's own then.
  it.each([
    [413, 40_000],
    [401, 40_000],
    [413, 131_072],
  ])(
    'and closes: its answer arrives whole, %i after %i bytes',
    { timeout: 60_000 },
    async (status, bytes) => {
      const answer = `HTTP/1.1 ${status} No\r\nContent-Length: 2000\r\n\r\n${'n'.repeat(1_996)}much`;
      origins((socket) => socket.end(answer));
      const one = async () => {
        const { socket, client, event } = await upload();
        socket.write(Buffer.alloc(bytes, 'x'));
        expect(await event()).toMatchObject({ status, decision: 'allowed' });
        if (bytes < PIECE.length) await client.hears('much');
        socket.destroy();
      };
      for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 20 }, one));
    },
  );

  it('and reads on hears the rest', async () => {
    const heard = origins((socket, of) => {
      socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 8\r\n\r\nwait');
      socket.on('data', () => {
        if (of.bytes === LENGTH) socket.write('done');
      });
    });
    const { path, socket, client } = await upload();
    socket.write('abc');
    await client.hears('wait');
    socket.write(Buffer.alloc(LENGTH - 3, 'x'));
    await client.hears('waitdone');
    expect(heard.get(path)?.bytes).toBe(LENGTH);
    socket.destroy();
  });

  it('and sends it back as it comes is heard as it speaks', async () => {
    origins((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${LENGTH}\r\n\r\n`);
      socket.on('data', (chunk) => socket.write(chunk));
    });
    const { socket, client } = await upload();
    const content = Array.from({ length: LENGTH / 8 }, (_, at) => String(at).padStart(8, '0')).join('');
    socket.write(content.slice(0, 16));
    await client.hears(content.slice(0, 16));
    socket.write(content.slice(16));
    await client.hears(content.slice(-16));
    expect(client.text.endsWith(content)).toBe(true);
    socket.destroy();
  });

  it('gets no whole of one that breaks off after that, and is let go', async () => {
    const heard = origins((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 8\r\n\r\nwait'),
    );
    const arrival = origin.next();
    const { path, socket, client } = await upload();
    socket.write('abc');
    await client.hears('wait');
    socket.end();
    await (await arrival).closed;
    expect(heard.get(path)?.bytes).toBe(3);
    await client.closed;
    expect(client.text.endsWith('wait')).toBe(true);
  });
});

describe('an origin that does not read', () => {
  const PIECES = 2_000;
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), PIECE, Buffer.from('\r\n')]);

  it.each([
    ['of an announced length', '', ['Content-Length', String(PIECES * PIECE.length)] as const, PIECE],
    ['in chunks', '', ['Transfer-Encoding', 'chunked'] as const, chunk],
    ['in chunks that are counted', '/counted', ['Transfer-Encoding', 'chunked'] as const, chunk],
  ])(
    'holds back an upload %s, which then arrives whole',
    { timeout: 120_000 },
    async (_how, folder, framing, piece) => {
      let slow: Socket | undefined;
      const heard = origins((socket) => {
        slow = socket;
        socket.pause();
      });
      const { path, socket, client } = await upload(folder, [framing]);
      let written = 0;
      const pour = () => {
        while (written < PIECES) {
          written++;
          if (!socket.write(piece)) return;
        }
      };
      socket.on('drain', pour);
      pour();
      const taken = () => socket.bytesWritten - socket.writableLength;
      await expect.poll(() => slow !== undefined, { timeout: 30_000 }).toBe(true);
      for (let before = -1; before !== taken(); ) {
        before = taken();
        await wait(500);
      }
      // Of 131 MB; two connections have room for some megabytes each.
      expect(taken()).toBeLessThan(60_000_000);
      expect(heard.get(path)?.bytes).toBe(0);
      slow?.resume();
      await expect
        .poll(() => (heard.get(path)?.bytes ?? 0) >= PIECES * PIECE.length, { timeout: 60_000 })
        .toBe(true);
      slow?.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nread');
      await client.hears('read');
      socket.destroy();
    },
  );
});
