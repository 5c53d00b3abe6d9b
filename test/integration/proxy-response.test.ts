import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echo, type Origin, type OriginResponder, raw, reply, startOrigin } from '../fixtures/origin.ts';
import { exchange, openSocket, type RawResponse, requestBytes } from '../fixtures/raw-http.ts';
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
          revocation: { mode: 'off' },
          timeout: '500ms',
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

async function answered(responder: OriginResponder, method = 'GET'): Promise<RawResponse> {
  origin.respondWith(responder);
  const [response] = await exchange(gateway.port, requestBytes(method, '/a', [['Host', 'api.test']]));
  if (response === undefined) throw new Error('no answer');
  return response;
}

/** Everything that came back on the wire. */
async function answeredBytes(responder: OriginResponder): Promise<string> {
  origin.respondWith(responder);
  const socket = await openSocket(gateway.port);
  const head = requestBytes('GET', '/a', [
    ['Host', 'api.test'],
    ['Accept-Encoding', 'gzip, br, zstd'],
    ['Connection', 'close'],
  ]);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.write(head);
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return text;
}

const lines = (response: RawResponse, name: string) =>
  response.headers.filter(([key]) => key === name).map(([, value]) => value);

describe('the response comes back untouched', () => {
  it('headers, duplicates, and cookies on lines of their own', async () => {
    const response = await answered(
      raw(
        'HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT\r\nset-cookie: b=2\r\n' +
          'X-A: 1\r\nX-A: 2\r\nX-Latin: \xe9\r\nX-Empty:\r\nContent-Length: 2\r\n\r\nhi',
      ),
    );
    expect(lines(response, 'set-cookie')).toEqual(['a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT', 'b=2']);
    expect(lines(response, 'x-a').join(', ')).toBe('1, 2');
    expect(lines(response, 'x-latin')).toEqual(['\xe9']);
    expect(lines(response, 'x-empty')).toEqual(['']);
    expect(response.body).toBe('hi');
  });

  it.each(['301', '302', '303', '307', '308'])('a %s is not followed', async (status) => {
    const before = origin.received.length;
    const response = await answered(reply(`${status} Moved`, [['Location', `${origin.url}/elsewhere`]]));
    expect([response.status, lines(response, 'location')]).toEqual([
      Number(status),
      [`${origin.url}/elsewhere`],
    ]);
    expect(origin.received.length).toBe(before + 1);
  });

  it.each([200, 201, 299, 400, 404, 418, 451, 500, 503, 599])('status %i', async (status) => {
    const response = await answered(reply(`${status} As It Likes`, [], 'body'));
    expect([response.status, response.body]).toEqual([status, 'body']);
  });

  it.each([
    ['204', 'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n', 'GET'],
    ['205', 'HTTP/1.1 205 Reset Content\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n', 'GET'],
    ['304', 'HTTP/1.1 304 Not Modified\r\nX-A: 1\r\n\r\n', 'GET'],
    ['200 to HEAD', 'HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 100\r\n\r\n', 'HEAD'],
    ['200 to HEAD, chunked', 'HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 'HEAD'],
  ])('%s without content', async (_title, bytes, method) => {
    const response = await answered(raw(bytes), method);
    expect([lines(response, 'x-a'), response.body]).toEqual([['1'], '']);
  });

  it('the length of what HEAD would have sent', async () => {
    const response = await answered(raw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n'), 'HEAD');
    expect(lines(response, 'content-length')).toEqual(['100']);
  });

  it.each(['100 Continue', '103 Early Hints'])('%s is skipped', async (interim) => {
    const response = await answered(
      raw(`HTTP/1.1 ${interim}\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi`),
    );
    expect([response.status, response.body]).toEqual([200, 'hi']);
  });

  const bytes = gzipSync('compressible '.repeat(50)).toString('latin1');
  it.each([
    ['gzip', bytes],
    ['gzip', 'is not gzip at all'],
    ['br', 'is not brotli'],
    ['zstd', 'anything'],
    ['identity', 'anything'],
  ])('content encoded as %s, byte for byte, case %#', async (coding, body) => {
    for (const extra of ['', 'Proxy-Authenticate: Basic\r\n']) {
      const socket = await answeredBytes(
        raw(
          `HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`,
        ),
      );
      expect(socket.toLowerCase()).toContain(`content-encoding: ${coding}`);
      expect(socket.slice(socket.indexOf('\r\n\r\n') + 4)).toBe(body);
    }
  });
});

describe('hop-by-hop headers end here', () => {
  it.each([
    ['Keep-Alive', 'timeout=99', ''],
    ['Proxy-Authenticate', 'Basic', ''],
    ['Proxy-Connection', 'keep-alive', ''],
    ['Trailer', 'X-Later', ''],
    ['TE', 'trailers', ''],
    ['Upgrade', 'h2c', ''],
    ['X-Hop', '1', 'X-Hop'],
    ['X-Hop', '1', 'keep-alive, x-hop'],
    ['X-Hop', '1', ' X-Hop , close'],
  ])('%s: %s with Connection: %j', async (name, value, connection) => {
    const nomination = connection === '' ? '' : `Connection: ${connection}\r\n`;
    const response = await answered(
      raw(
        `HTTP/1.1 200 OK\r\n${nomination}${name}: ${value}\r\nX-End: 1\r\nContent-Length: 2\r\n\r\nhi`,
        true,
      ),
    );
    expect(lines(response, name.toLowerCase())).toEqual([]);
    expect([lines(response, 'x-end'), response.body]).toEqual([['1'], 'hi']);
  });

  it.each([
    ['204 No Content', 'GET'],
    ['304 Not Modified', 'GET'],
    ['200 OK', 'HEAD'],
  ])('also from a %s to %s', async (status, method) => {
    const response = await answered(raw(`HTTP/1.1 ${status}\r\nProxy-Authenticate: Basic\r\n\r\n`), method);
    expect([response.status, lines(response, 'proxy-authenticate')]).toEqual([
      Number(status.slice(0, 3)),
      [],
    ]);
  });

  it('nominating what is not there, or no token at all, changes nothing', async () => {
    const response = await answered(
      raw('HTTP/1.1 200 OK\r\nConnection: x-absent, a b, \xe9, ;\r\nContent-Length: 2\r\n\r\nhi', true),
    );
    expect([response.status, response.body]).toEqual([200, 'hi']);
  });
});

describe('an answer that is no HTTP response is a 502', () => {
  it.each([
    [
      'a 101 that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
    ],
    [
      'a 101 to WebSocket likewise',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    ],
    ['a status above 599', 'HTTP/1.1 600 Odd\r\nContent-Length: 2\r\n\r\nhi'],
    ['999', 'HTTP/1.1 999 Odd\r\nProxy-Authenticate: x\r\nContent-Length: 2\r\n\r\nhi'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!'],
    ['a length in words', 'HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nhi'],
    ['a header with a NUL', 'HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 2\r\n\r\nhi'],
    ['nothing', ''],
  ])('%s', async (_title, bytes) => {
    const response = await answered(raw(bytes, true));
    expect(response.status).toBe(502);
    expect(lines(response, 'content-type')).toEqual(['application/problem+json']);
  });

  it('bytes behind a response are not the next response', async () => {
    const poisoned = await answered(
      raw('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'),
    );
    expect(poisoned.body).toBe('hi');
    for (const _ of [1, 2, 3]) expect((await answered(reply('200 OK', [], 'own'))).body).toBe('own');
  });

  it('a length beside chunks does not shorten them', async () => {
    const response = await answered(
      raw(
        'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
        true,
      ),
    );
    expect([response.body, lines(response, 'content-length')]).toEqual(['hello', []]);
  });
});

describe('after all this', () => {
  it('the gateway answers as before', async () => {
    expect((await answered(echo)).status).toBe(200);
  });
});
