import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, type HeaderLines, type Sent, send } from '../fixtures/client.ts';
import { type Deployment, startDeployment } from '../fixtures/deployment.ts';
import {
  echo,
  eventStream,
  gzipped,
  type ReceivedRequest,
  reply,
  silence,
  webSocketEcho,
} from '../fixtures/origin.ts';
import { openSocket, rawRequest, requestBytes } from '../fixtures/raw-http.ts';

let deployment: Deployment;

beforeAll(async () => {
  deployment = await startDeployment();
});

afterAll(() => deployment?.stop());

const token = (claims: Record<string, unknown> = {}) =>
  deployment.issuer.sign({ scope: 'orders:read', ...claims });

/** Sends a request that must arrive, and returns what the origin was given. */
async function forwarded(
  method: string,
  target: string,
  headers: HeaderLines = [],
  body = '',
): Promise<Sent & { readonly request: ReceivedRequest }> {
  const arrival = deployment.origin.next();
  const sent = await send(deployment.gateway, method, target, headers, body);
  expect(sent.response.status).toBe(200);
  expect(sent.event).toMatchObject({ decision: 'allowed', reason: null, status: 200 });
  return { ...sent, request: await arrival };
}

describe('what the origin receives', () => {
  it('method, path, query, headers and body as the client sent them, and its own name as Host', async () => {
    const body = '{"quantity":1}';
    const { request } = await forwarded(
      'POST',
      '/orders/7?page=2&q=a%20b&q=%C3%A9',
      [
        ['Host', 'shop.example:8443'],
        bearer(await token()),
        ['Content-Type', 'application/json'],
        ['Accept-Language', 'ga'],
        ['Cookie', 'theme=dark'],
      ],
      body,
    );
    expect(request).toMatchObject({ method: 'POST', target: '/orders/7?page=2&q=a%20b&q=%C3%A9', body });
    expect(request.values('content-type')).toEqual(['application/json']);
    expect(request.values('accept-language')).toEqual(['ga']);
    expect(request.values('cookie')).toEqual(['theme=dark']);
    expect(request.values('host')).toEqual([`127.0.0.1:${deployment.origin.port}`]);
    expect(request.values('x-forwarded-host')).toEqual(['shop.example:8443']);
    expect(request.values('x-forwarded-proto')).toEqual(['http']);
  });

  it('verified claims as headers, and not the token', async () => {
    const { request } = await forwarded('GET', '/orders/7', [
      bearer(await token({ sub: 'user-7', roles: ['reader', 'größer'], org: { tenant_id: 12 } })),
    ]);
    expect(request.values('x-user-id')).toEqual(['user-7']);
    expect(request.values('x-roles')).toEqual(['["reader","gr\\u00f6\\u00dfer"]']);
    expect(request.values('x-tenant')).toEqual(['12']);
    expect(request.values('authorization')).toEqual([]);
  });

  it('no header for a claim that the token lacks, whatever the client sends in its place', async () => {
    const { request } = await forwarded('GET', '/orders/7', [
      bearer(await token({ sub: undefined })),
      ['X-User-Id', 'root'],
      ['X_User_Id', 'root'],
      ['x.user.id', 'root'],
      ['X-Tenant', '1'],
      ['X-ROLES', '["admin"]'],
    ]);
    expect(request.headers.filter(([, value]) => /root|^1$|admin/.test(value))).toEqual([]);
  });

  it.each([
    ['public', '/public/x', false],
    ['guarded', '/orders/x', true],
    ['other guarded', '/unchecked', true],
  ])('on a %s route: no client copy of any mapped or reserved header', async (_name, target, guarded) => {
    const spoofed: HeaderLines = [
      ['X-User-Id', 'spoofed'],
      ['x_user_id', 'spoofed'],
      ['X.User.Id', 'spoofed'],
      ['X-User_Id', 'spoofed'],
      ['X-Roles', 'spoofed'],
      ['X-Tenant', 'spoofed'],
      ['X-Forwarded-For', 'spoofed'],
      ['X-Forwarded-Proto', 'spoofed'],
      ['X-Forwarded-Host', 'spoofed'],
      ['X-Forwarded-User', 'spoofed'],
      ['Forwarded', 'for=spoofed'],
      ['X-Real-IP', 'spoofed'],
      ['X-Original-URL', '/spoofed'],
      ['X-Rewrite-URL', '/spoofed'],
      ['X-HTTP-Method-Override', 'spoofed'],
      ['X-Portcullis-Omitted', 'spoofed'],
      ['Proxy-Authorization', 'Basic spoofed'],
      ['Proxy-Connection', 'spoofed'],
    ];
    const { request } = await forwarded('GET', target, [
      ...(guarded ? [bearer(await token())] : [['Authorization', 'Bearer spoofed'] as const]),
      ...spoofed,
    ]);
    expect(request.headers.filter(([, value]) => value.includes('spoofed'))).toEqual([]);
  });

  it('nothing nominated by Connection can take a verified header away', async () => {
    const { request } = await forwarded('GET', '/orders/7', [
      bearer(await token({ sub: 'user-7' })),
      ['Connection', 'keep-alive, x-user-id, X-Forwarded-Proto, x-hop'],
      ['X-Hop', 'hop'],
      ['TE', 'trailers'],
      ['Keep-Alive', 'timeout=5'],
    ]);
    expect(request.values('x-user-id')).toEqual(['user-7']);
    expect(request.values('x-forwarded-proto')).toEqual(['http']);
    expect(request.values('x-hop')).toEqual([]);
    expect(request.values('te')).toEqual([]);
    expect(request.values('keep-alive')).toEqual([]);
  });

  it('a claim with line breaks or other bytes cannot become another header', async () => {
    const { request } = await forwarded('GET', '/orders/7', [
      bearer(await token({ sub: 'a\r\nX-Tenant: 1\u0000 \u{1f600}' })),
    ]);
    expect(request.values('x-user-id')).toEqual(['a%0D%0AX-Tenant: 1%00 %F0%9F%98%80']);
    expect(request.values('x-tenant')).toEqual([]);
  });

  it('the token too where the route forwards it', async () => {
    const signed = await token();
    const { request } = await forwarded('GET', '/token', [bearer(signed)]);
    expect(request.values('authorization')).toEqual([`Bearer ${signed}`]);
  });

  it('by a service binding as by URL', async () => {
    const { request } = await forwarded('GET', '/service/x?y=1', [bearer(await token())]);
    expect(request).toMatchObject({ method: 'GET', target: '/service/x?y=1' });
    expect(request.values('authorization')).toEqual([]);
  });

  it('by host, where a route names one', async () => {
    const { event } = await forwarded('GET', '/anything', [
      ['Host', 'a.b.tenant.test'],
      bearer(await token()),
    ]);
    expect(event.route).toBe('tenant');
    const other = await send(deployment.gateway, 'GET', '/anything', [
      ['Host', 'tenant.test'],
      bearer(await token()),
    ]);
    expect(other.response.status).toBe(404);
  });
});

describe('many requests at once', () => {
  it('each origin request carries the identity of its own token, and none without one', async () => {
    const subjects = Array.from({ length: 150 }, (_, index) => `user-${index}`);
    const answers = await Promise.all(
      subjects.map(async (sub) => {
        const signed = await token({ sub });
        const headers = { authorization: `Bearer ${signed}` };
        const twice = [1, 2].map(() => fetch(`${deployment.gateway.url}/identified/${sub}`, { headers }));
        const bodies = await Promise.all(twice.map(async (response) => (await response).json()));
        const anonymous = await fetch(`${deployment.gateway.url}/identified/${sub}`);
        return {
          sub,
          bodies: bodies as { target: string; headers: [string, string][] }[],
          status: anonymous.status,
        };
      }),
    );
    for (const { sub, bodies, status } of answers) {
      expect(status).toBe(401);
      for (const { target, headers } of bodies) {
        expect(target).toBe(`/identified/${sub}`);
        expect(headers.filter(([name]) => name.toLowerCase() === 'x-user-id')).toEqual([['X-User-Id', sub]]);
      }
    }
  });
});

describe('methods', () => {
  it('HEAD goes to the origin as HEAD and comes back without a body', async () => {
    const { request, response } = await forwarded('HEAD', '/orders/7', [bearer(await token())]);
    expect(request.method).toBe('HEAD');
    expect(response.body).toBe('');
  });

  it.each(['PATCH', 'DELETE', 'OPTIONS'])(
    '%s goes through where a route takes every method',
    async (method) => {
      const { request } = await forwarded(method, '/unchecked', [bearer(await token())]);
      expect(request.method).toBe(method);
    },
  );

  const preflight: HeaderLines = [
    ['Origin', 'https://app.test'],
    ['Access-Control-Request-Method', 'GET'],
    ['Access-Control-Request-Headers', 'authorization'],
  ];

  it('a preflight is answered by the origin without credentials where the route says so', async () => {
    deployment.origin.respondWith(reply('200 OK', [['Access-Control-Allow-Origin', 'https://app.test']]));
    const { request, response } = await forwarded('OPTIONS', '/browser/x', [
      ...preflight,
      ['X-User-Id', 'root'],
    ]);
    deployment.origin.respondWith(echo);
    expect(request.method).toBe('OPTIONS');
    expect(request.values('x-user-id')).toEqual([]);
    expect(response.header('access-control-allow-origin')).toBe('https://app.test');
  });

  it.each([
    ['elsewhere', '/unchecked', preflight],
    ['without an Origin', '/browser/x', preflight.slice(1)],
    ['without a requested method', '/browser/x', preflight.slice(0, 1)],
  ] as const)('%s, OPTIONS needs a token like any request', async (_name, target, headers) => {
    const { response } = await send(deployment.gateway, 'OPTIONS', target, headers);
    expect(response.status).toBe(401);
  });

  it('OPTIONS on a route that does not list it is 405', async () => {
    const { response } = await send(deployment.gateway, 'OPTIONS', '/orders/7');
    expect(response.status).toBe(405);
    expect(response.header('allow')).toBe('GET, POST, PUT, HEAD');
  });

  it('TRACE, which would echo credentials, is not passed on', async () => {
    const response = await rawRequest(
      deployment.gateway.port,
      requestBytes('TRACE', '/unchecked', [['Host', 'api.test'], bearer(await token())]),
    );
    expect([405, 501]).toContain(response.status);
  });
});

describe('what the client receives', () => {
  const responding = async (
    responder: Parameters<Deployment['origin']['respondWith']>[0],
    target = '/unchecked',
  ) => {
    deployment.origin.respondWith(responder);
    try {
      return await send(deployment.gateway, 'GET', target, [bearer(await token())]);
    } finally {
      deployment.origin.respondWith(echo);
    }
  };

  it.each([201, 204, 301, 302, 304, 307, 400, 401, 403, 404, 409, 418, 429, 500, 502, 503, 504])(
    'the origin’s own %i',
    async (status) => {
      const { response, event } = await responding(
        reply(`${status} Said So`, [
          ['Location', 'http://127.0.0.1:1/elsewhere'],
          ['X-From', 'origin'],
        ]),
      );
      expect(response.status).toBe(status);
      expect(response.header('x-from')).toBe('origin');
      expect(response.header('location')).toBe('http://127.0.0.1:1/elsewhere');
      expect(event).toMatchObject({ decision: 'allowed', reason: null, status });
    },
  );

  it('every Set-Cookie on a line of its own', async () => {
    const { response } = await responding(
      reply('200 OK', [
        ['Set-Cookie', 'a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT'],
        ['Set-Cookie', 'b=2'],
      ]),
    );
    expect(response.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value)).toEqual([
      'a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT',
      'b=2',
    ]);
  });

  it('no hop-by-hop header of the origin', async () => {
    const { response } = await responding(
      reply('200 OK', [
        ['Keep-Alive', 'timeout=99'],
        ['Proxy-Authenticate', 'Basic'],
        ['Connection', 'x-internal'],
        ['X-Internal', 'yes'],
      ]),
    );
    for (const name of ['keep-alive', 'proxy-authenticate', 'x-internal']) {
      expect(response.header(name)).toBeUndefined();
    }
  });

  it('a compressed body that still decodes', async () => {
    const text = 'compressible '.repeat(100);
    deployment.origin.respondWith(gzipped(text));
    const response = await fetch(`${deployment.gateway.url}/unchecked`, {
      headers: { authorization: `Bearer ${await token()}` },
    });
    deployment.origin.respondWith(echo);
    expect(await response.text()).toBe(text);
  });

  it('liveness, without a token, from no origin', async () => {
    const before = deployment.origin.received.length;
    const response = await rawRequest(
      deployment.gateway.port,
      requestBytes('GET', '/.portcullis/health', [['Host', 'api.test']]),
    );
    expect(response.status).toBe(200);
    expect(response.json()).toEqual({ status: 'ok' });
    expect(response.header('cache-control')).toBe('no-store');
    expect(deployment.origin.received.length).toBe(before);
  });

  it('nothing at the status endpoint unless the configuration grants it', async () => {
    const { response } = await send(deployment.gateway, 'GET', '/.portcullis/status', [
      bearer(await token()),
    ]);
    expect(response.status).toBe(404);
  });
});

describe('streams', () => {
  /** Reads from a socket until `text` has come, however it is chunked. */
  const until = (socket: Awaited<ReturnType<typeof openSocket>>, text: string, seen = { text: '' }) =>
    new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        seen.text += chunk.toString('latin1');
        if (!seen.text.includes(text)) return;
        socket.off('data', read);
        resolve(seen.text);
      };
      socket.on('data', read);
      socket.once('close', () => reject(new Error(`closed before "${text}", after: ${seen.text}`)));
    });

  const head = async (method: string, target: string, headers: HeaderLines = []) =>
    requestBytes(method, target, [['Host', 'api.test'], bearer(await token()), ...headers]);

  it('server-sent events arrive one by one', async () => {
    const stream = eventStream();
    deployment.origin.respondWith(stream.responder);
    const socket = await openSocket(deployment.gateway.port);
    socket.write(await head('GET', '/unchecked'));
    expect(await until(socket, 'data: first')).toContain('text/event-stream');
    stream.more('second');
    expect(await until(socket, 'data: second')).not.toContain('data: third');
    stream.more('third');
    await until(socket, 'data: third');
    stream.end();
    socket.destroy();
    deployment.origin.respondWith(echo);
  });

  it('an upload reaches the origin while it is still being sent', async () => {
    let received = '';
    const finished = new Promise<void>((resolve) => {
      deployment.origin.respondWith((socket) => {
        socket.on('data', (chunk) => {
          received += chunk.toString('latin1');
          if (received.endsWith('0\r\n\r\n')) {
            reply(
              '200 OK',
              [['Connection', 'close']],
              'done',
            )(socket, deployment.origin.received.at(-1) as ReceivedRequest);
            socket.end();
            resolve();
          }
        });
      }, 'head');
    });
    const socket = await openSocket(deployment.gateway.port);
    const arrival = deployment.origin.next();
    socket.write(await head('POST', '/unchecked', [['Transfer-Encoding', 'chunked']]));
    expect((await arrival).method).toBe('POST');
    socket.write('5\r\nfirst\r\n');
    await expect.poll(() => received).toContain('first');
    expect(received).not.toContain('second');
    socket.write('6\r\nsecond\r\n0\r\n\r\n');
    await finished;
    expect(received).toContain('second');
    await until(socket, 'done');
    socket.destroy();
    deployment.origin.respondWith(echo);
  });

  it('a client that leaves takes the request to the origin with it', async () => {
    deployment.origin.respondWith(silence);
    const arrival = deployment.origin.next();
    const socket = await openSocket(deployment.gateway.port);
    socket.write(await head('GET', '/unchecked'));
    const request = await arrival;
    // A mere FIN says that the client has sent everything, not that it no longer listens.
    socket.resetAndDestroy();
    await request.closed;
    deployment.origin.respondWith(echo);
  });

  it('a client that leaves a stream ends it at the origin', async () => {
    const stream = eventStream();
    deployment.origin.respondWith(stream.responder);
    const arrival = deployment.origin.next();
    const socket = await openSocket(deployment.gateway.port);
    socket.write(await head('GET', '/unchecked'));
    const request = await arrival;
    await until(socket, 'data: first');
    socket.destroy();
    const nudge = setInterval(() => stream.more('anyone there?'), 20);
    await request.closed;
    clearInterval(nudge);
    deployment.origin.respondWith(echo);
  });

  it('a WebSocket opens with a token and echoes', async () => {
    deployment.origin.respondWith(webSocketEcho('chat'));
    const arrival = deployment.origin.next();
    const socket = await openSocket(deployment.gateway.port);
    socket.write(
      await head('GET', '/unchecked', [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'websocket'],
        ['Sec-WebSocket-Version', '13'],
        ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
        ['Sec-WebSocket-Protocol', 'chat'],
        ['X-User-Id', 'root'],
      ]),
    );
    const answer = await until(socket, '\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer.toLowerCase()).toContain('sec-websocket-protocol: chat');
    const request = await arrival;
    expect(request.values('authorization')).toEqual([]);
    expect(request.values('x-user-id')).toEqual([]);
    // A masked text frame (RFC 6455 §5.2) with a mask of zeros.
    socket.write(Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from('hello')]));
    await until(socket, '\x81\x05hello');
    socket.destroy();
    deployment.origin.respondWith(echo);
  });

  it('a WebSocket does not open without one', async () => {
    const response = await rawRequest(
      deployment.gateway.port,
      requestBytes('GET', '/unchecked', [
        ['Host', 'api.test'],
        ['Connection', 'Upgrade'],
        ['Upgrade', 'websocket'],
        ['Sec-WebSocket-Version', '13'],
        ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ]),
    );
    expect(response.status).toBe(401);
  });
});
