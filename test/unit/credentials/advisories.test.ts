import { describe, expect, it } from 'vitest';
import { restoreAuthorization, stripHeaders } from '../../../src/origin/strip.ts';

const MAPPED: ReadonlySet<string> = new Set(['x-forwarded-user', 'x-auth-request-email', 'x-user-id']);

/** What an origin behind CGI, WSGI, Rack or PHP hands to its application. */
function variables(headers: Headers): Map<string, string> {
  const seen = new Map<string, string>();
  for (const [name, value] of headers)
    seen.set(`HTTP_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`, value);
  return seen;
}

function stripped(sent: readonly (readonly [string, string])[]): Headers {
  const incoming = new Headers();
  for (const [name, value] of sent) incoming.append(name, value);
  return stripHeaders(incoming, MAPPED);
}

describe('identity headers from a client', () => {
  it.each([
    'X_Forwarded_User',
    'X-Forwarded_User',
    'X.Forwarded.User',
    'X-Auth-Request_Email',
    'X_Auth_Request_Email',
    'x_user_id',
    'X.User.Id',
    'X~User!Id',
  ])('CVE-2025-64484 (oauth2-proxy), CVE-2026-33433, CVE-2026-39858 (Traefik): the alias %s', (alias) => {
    expect(variables(stripped([[alias, 'admin']]))).toEqual(new Map());
    const headers = stripped([[alias, 'admin']]);
    headers.set('X-User-Id', 'alice');
    expect([...variables(headers).values()]).toEqual(['alice']);
  });

  it('CVE-2026-30851 (Caddy): removed although the token has no such claim', () => {
    expect(variables(stripped([['X-User-Id', 'admin']])).has('HTTP_X_USER_ID')).toBe(false);
  });

  it('CVE-2021-41130 (ESP): a second copy does not survive', () => {
    const headers = stripped([
      ['X-User-Id', 'first'],
      ['x-user-id', 'second'],
      ['X_User_Id', 'third'],
    ]);
    headers.set('X-User-Id', 'alice');
    expect([...headers]).toEqual([['x-user-id', 'alice']]);
  });

  it('CVE-2026-44087 (APISIX): stripping asks for no route, so a public one strips what any other maps', () => {
    expect([
      ...stripped([
        ['X-User-Id', 'admin'],
        ['Accept', '*/*'],
      ]),
    ]).toEqual([['accept', '*/*']]);
    expect(stripHeaders.length).toBe(2);
  });

  it.each(['X-User-Id', 'x-user-id, close', 'X-Forwarded-For, X-Real-IP', 'Authorization', 'Connection'])(
    'CVE-2024-45410 (Traefik): `Connection: %s` drops nothing of ours',
    (connection) => {
      const incoming = new Headers({ connection, authorization: 'Bearer t', 'x-user-id': 'admin' });
      const headers = stripHeaders(incoming, MAPPED);
      restoreAuthorization(headers, incoming);
      headers.set('X-User-Id', 'alice');
      headers.set('X-Forwarded-For', '192.0.2.1');
      expect(Object.fromEntries(headers)).toEqual({
        authorization: 'Bearer t',
        'x-user-id': 'alice',
        'x-forwarded-for': '192.0.2.1',
      });
    },
  );

  it.each([
    ['CVE-2026-40575 (oauth2-proxy)', 'X-Forwarded-Uri'],
    ['CVE-2026-40575 (oauth2-proxy)', 'X_Forwarded_Uri'],
    ['CVE-2023-30845 (ESPv2)', 'X-HTTP-Method-Override'],
    ['CVE-2023-30845 (ESPv2)', 'X_HTTP_Method_Override'],
  ])('%s: %s does not reach the origin either', (_advisory, name) => {
    expect([...stripped([[name, 'x']])]).toEqual([]);
  });
});
