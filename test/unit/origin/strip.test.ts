import { describe, expect, it } from 'vitest';
import { foldHeaderName } from '../../../src/core/fold-header-name.ts';
import { isReserved } from '../../../src/origin/reserved-headers.ts';
import { restoreAuthorization, restoreKept, stripHeaders } from '../../../src/origin/strip.ts';
import fc from '../../fixtures/draws.ts';

const MAPPED: ReadonlySet<string> = new Set(['x-user-id', 'x-roles']);

/** What is left of these headers, by name. */
function left(sent: readonly (readonly [string, string])[]): Record<string, string> {
  const incoming = new Headers();
  for (const [name, value] of sent) incoming.append(name, value);
  return Object.fromEntries(stripHeaders(incoming, MAPPED));
}

describe('stripHeaders', () => {
  it.each([
    'X-User-Id',
    'x-user-id',
    'X_User_Id',
    'x-user_id',
    'X.User.Id',
    'x~user|id',
    "x'user`id",
    'X-ROLES',
    'x_roles',
  ])('removes the mapped header spelt %s', (name) => {
    expect(
      left([
        [name, 'admin'],
        ['accept', '*/*'],
      ]),
    ).toEqual({ accept: '*/*' });
  });

  it('removes every copy and every alias at once', () => {
    const copies = ['X-User-Id', 'x_user_id', 'X.User-Id', 'X-User-Id'].map(
      (name) => [name, 'admin'] as const,
    );
    expect(left(copies)).toEqual({});
  });

  it.each([
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Uri',
    'X-Forwarded-Anything',
    'X_Forwarded_For',
    'X-Forwarded',
    'X-Real-IP',
    'X_Real_IP',
    'X-Client-IP',
    'X-Cluster-Client-IP',
    'True-Client-IP',
    'X-True-Client-IP',
    'Proxy-Client-IP',
    'WL-Proxy-Client-IP',
    'HTTP_CLIENT_IP',
    'HTTP_X_FORWARDED_FOR',
    'Fly-Client-IP',
    'DO-Connecting-IP',
    'X-Azure-ClientIP',
    'X-Azure-SocketIP',
    'CF-Connecting-IP',
    'Client-Cert',
    'X-Original-URL',
    'X-Original-Host',
    'X-Original-Anything',
    'X-Rewrite-URL',
    'X-Host',
    'X-HTTP-Method-Override',
    'X-HTTP-Method',
    'X-Method-Override',
    'X.HTTP.Method.Override',
    'X-Remote-User',
    'Remote-User',
    'X-Auth-Request-Email',
    'X-WebAuth-User',
    'X-Envoy-Original-Path',
    'X-Accel-Mapping',
    'X-Sendfile-Type',
    'X-Portcullis-Route',
    'x_portcullis_anything',
    'Proxy',
    'Proxy-Authorization',
    'Proxy-Connection',
    'HTTP2-Settings',
    'TE',
    'Trailer',
    'Keep-Alive',
    'Transfer-Encoding',
    'Connection',
    'Upgrade',
    'Expect',
    'Host',
    'Authorization',
    'X-ProxyUser-Ip',
    'X-Goog-Authenticated-User-Email',
    'X-Goog-IAP-JWT-Assertion',
    'X-MS-CLIENT-PRINCIPAL',
    'X-MS-CLIENT-PRINCIPAL-NAME',
    'X-MS-TOKEN-AAD-ID-TOKEN',
    'x-amzn-oidc-data',
    'X-Amzn-Mtls-Clientcert',
    'X-Consumer-Username',
    'X-Credential-Identifier',
    'X-Anonymous-Consumer',
    'X-Authenticated-UserId',
    'X-Userinfo',
    'X-JWT-Assertion',
    'X-Pomerium-Jwt-Assertion',
    'X-Authentik-Username',
    'Tailscale-User-Login',
    'Remote-Addr',
    'Remote-Groups',
    'Remote_User',
    'SSL_CLIENT_S_DN',
    'X-Tls-Client-Cert',
    'X-ARR-ClientCert',
    'Cf-Access-Jwt-Assertion',
    'Cf-Access-Authenticated-User-Email',
    'X-Middleware-Subrequest',
    'OIDC_CLAIM_sub',
    'OIDC-Access-Token',
    'X-Vouch-User',
    'X-Apigateway-Api-Userinfo',
    'X-Apigateway-Event',
    'X-Endpoint-API-UserInfo',
    'Teleport-Jwt-Assertion',
    'SM_USER',
    'iv-user',
    'Shib-Identity-Provider',
    'OAM_REMOTE_USER',
    'X-Token-User-Email',
    'L5d-Client-Id',
  ])('removes the reserved header %s', (name) => {
    expect(
      left([
        [name, 'x'],
        ['accept', '*/*'],
      ]),
    ).toEqual({ accept: '*/*' });
  });

  it.each([
    'Accept',
    'Accept-Encoding',
    'Cookie',
    'Content-Type',
    'Content-Length',
    'If-None-Match',
    'Origin',
    'Range',
    'Referer',
    'User-Agent',
    'Via',
    'Traceparent',
    'CDN-Loop',
    'Cf-Ray',
    'Access-Control-Request-Method',
    'X-Request-Id',
    'X-Requested-With',
    'X-Token',
    'X-Access-Token',
    'Impersonate-User',
    'X-User-Id-2',
    'XUserId',
    'X-Forwardedfor',
  ])('keeps %s', (name) => {
    expect(left([[name, 'x']])).toEqual({ [name.toLowerCase()]: 'x' });
  });

  it.each([
    'Content_Length',
    'content.length',
    'Content_Type',
    'Accept_Encoding',
    'Set_Cookie',
    'If_None_Match',
    'Cache_Control',
    'Sec_WebSocket_Key',
    'User.Agent',
    'Access_Control_Request_Method',
  ])('removes %s, another spelling of a standard header', (name) => {
    expect(foldHeaderName(name)).not.toBe(name.toLowerCase());
    const kept = left([
      [name, '5'],
      ['accept', '*/*'],
    ]);
    expect(kept).toEqual({ accept: '*/*' });
  });

  it('judges anew when the mapped headers are others', () => {
    const incoming = new Headers({ 'x-user-id': 'a', 'x-team': 'b' });
    expect([...stripHeaders(incoming, MAPPED).keys()]).toEqual(['x-team']);
    expect([...stripHeaders(incoming, new Set(['x-team'])).keys()]).toEqual(['x-user-id']);
    expect([...stripHeaders(incoming, MAPPED).keys()]).toEqual(['x-team']);
  });

  it('leaves the headers of the request alone', () => {
    const incoming = new Headers({ 'x-user-id': 'a', authorization: 'Bearer t' });
    stripHeaders(incoming, MAPPED);
    expect([...incoming.keys()]).toEqual(['authorization', 'x-user-id']);
  });

  it('keeps values as they are, joined where a header came twice', () => {
    expect(
      left([
        ['accept', 'a'],
        ['accept', 'b'],
        ['x-odd', '"\\,;='],
      ]),
    ).toEqual({
      accept: 'a, b',
      'x-odd': '"\\,;=',
    });
  });

  it('does not fail on values outside ASCII', () => {
    const incoming = new Headers({ 'x-name': '\u00fc', 'x-user-id': '\u00fc' });
    expect([...stripHeaders(incoming, MAPPED).keys()]).toEqual(['x-name']);
  });
});

describe('Connection', () => {
  it.each([
    ['X-Debug', 'x-debug'],
    ['keep-alive, X-Debug', 'x-debug'],
    ['x-debug,close', 'x-debug'],
    [' , ,X-DEBUG\t', 'x-debug'],
    ['close, cookie', 'cookie'],
    ['upgrade,cookie', 'cookie'],
  ])('%j takes %s with it', (connection, name) => {
    expect(
      left([
        ['Connection', connection],
        [name, '1'],
        ['accept', '*/*'],
      ]),
    ).toEqual({ accept: '*/*' });
  });

  it.each(['keep-alive', 'close', 'Upgrade', 'Keep-Alive, Upgrade', '', 'x-other'])(
    '%j takes nothing else',
    (connection) => {
      expect(
        left([
          ['Connection', connection],
          ['accept', '*/*'],
        ]),
      ).toEqual({ accept: '*/*' });
    },
  );

  it('nominates whole names', () => {
    expect(
      left([
        ['Connection', 'x-accept, accept-x'],
        ['accept', '*/*'],
      ]),
    ).toEqual({ accept: '*/*' });
  });

  it('cannot remove what is set afterwards', () => {
    const incoming = new Headers({ connection: 'x-user-id, x-forwarded-for, x-roles', 'x-user-id': 'admin' });
    const headers = stripHeaders(incoming, MAPPED);
    headers.set('X-User-Id', 'alice');
    expect([...headers]).toEqual([['x-user-id', 'alice']]);
  });

  it('with two million options beside ten thousand headers costs one pass over each', () => {
    const others = Array.from({ length: 10_000 }, (_, index): [string, string] => [`b${index}`, '']);
    const incoming = new Headers([['connection', 'a,'.repeat(2_000_000)], ['a', '1'], ...others]);
    expect([...stripHeaders(incoming, MAPPED)]).toEqual([...new Headers(others)]);
  });
});

describe('Upgrade', () => {
  const handshake = [
    ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Protocol', 'chat'],
  ] as const;

  it.each(['websocket', 'WebSocket'])('to %s keeps what the handshake needs (RFC 6455 §4.1)', (upgrade) => {
    const kept = left([['Connection', 'Upgrade'], ['Upgrade', upgrade], ...handshake]);
    expect(kept).toEqual(
      Object.fromEntries([['upgrade', upgrade], ...handshake.map(([n, v]) => [n.toLowerCase(), v])]),
    );
  });

  it('stays when Connection names it beside another header, which goes', () => {
    expect(
      left([
        ['Connection', 'x-debug, Upgrade'],
        ['Upgrade', 'websocket'],
        ['x-debug', '1'],
      ]),
    ).toEqual({ upgrade: 'websocket' });
  });

  it.each(['h2c', 'websocket, h2c', 'h2c, websocket', 'TLS/1.0', ''])('to %j goes', (upgrade) => {
    expect(
      left([
        ['Connection', 'Upgrade'],
        ['Upgrade', upgrade],
      ]),
    ).toEqual({});
  });
});

describe('any headers at all', () => {
  const marks = fc.constantFrom(..."-_.~!#$%&'*+^`|");
  const names = fc.oneof(
    fc
      .tuple(
        fc.constantFrom(
          ['x', 'user', 'id'],
          ['X', 'Roles'],
          ['x', 'forwarded', 'for'],
          ['x', 'Portcullis', 'y'],
          ['connection'],
          ['AUTHORIZATION'],
          ['x', 'http', 'method', 'override'],
        ),
        fc.array(marks, { minLength: 3, maxLength: 3 }),
      )
      .map(([words, between]) => words.map((word, i) => `${i === 0 ? '' : between[i - 1]}${word}`).join('')),
    fc.constantFrom('accept', 'cookie', 'x-other'),
  );

  it('leave no header that an origin could read as a mapped or reserved one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(names, fc.constantFrom('a', 'accept', 'x-user-id')), { maxLength: 10 }),
        (sent) => {
          for (const name of Object.keys(left(sent))) {
            const folded = foldHeaderName(name);
            expect(MAPPED.has(folded) || isReserved(folded) || folded === 'authorization').toBe(false);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('restoreAuthorization', () => {
  it('brings back what the client sent, once', () => {
    const incoming = new Headers({ authorization: 'Bearer t', 'x-user-id': 'admin' });
    const headers = stripHeaders(incoming, MAPPED);
    restoreAuthorization(headers, incoming);
    expect([...headers]).toEqual([['authorization', 'Bearer t']]);
  });

  it('invents nothing', () => {
    const incoming = new Headers();
    const headers = stripHeaders(incoming, MAPPED);
    restoreAuthorization(headers, incoming);
    expect([...headers]).toEqual([]);
  });
});

describe('restoreKept', () => {
  const kept = (incoming: HeadersInit, names: readonly string[]) => {
    const received = new Headers(incoming);
    const headers = stripHeaders(received, new Set());
    restoreKept(headers, received, names);
    return Object.fromEntries(headers);
  };

  it('keeps what the route names and nothing beside it', () => {
    const incoming = { 'Cf-Access-Jwt-Assertion': 'a', 'Cf-Access-Client-Id': 'b', 'Remote-User': 'c' };
    expect(kept(incoming, ['Cf-Access-Jwt-Assertion'])).toEqual({ 'cf-access-jwt-assertion': 'a' });
    expect(kept(incoming, [])).toEqual({});
  });

  it('leaves an absent header absent, and other spellings of a kept one removed', () => {
    expect(kept({ Remote_User: 'a', 'Remote.User': 'b' }, ['Remote-User'])).toEqual({});
  });

  it.each(['Remote-User', 'close, REMOTE-USER', 'keep-alive,\tremote-user'])(
    'RFC 9110 §7.6.1: not one that Connection nominates: %j',
    (connection) => {
      const incoming = { Connection: connection, 'Remote-User': 'a', 'Remote-Name': 'b' };
      expect(kept(incoming, ['Remote-User', 'Remote-Name'])).toEqual({ 'remote-name': 'b' });
    },
  );
});
