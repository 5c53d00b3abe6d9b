import { describe, expect, it } from 'vitest';
import { stripHeaders } from '../../src/origin/strip.ts';
import { canonicalTarget } from '../../src/routing/canonical-path.ts';
import { buildRouteTable, matchRoute } from '../../src/routing/route-table.ts';
import { aRoute } from '../fixtures/policies.ts';

const GET_AND_POST = aRoute({
  match: { host: { kind: 'any' }, path: { kind: 'exact', value: '/orders' }, methods: ['GET', 'POST'] },
});
const ANY = aRoute({
  name: 'any',
  match: { host: { kind: 'any' }, path: { kind: 'exact', value: '/any' }, methods: undefined },
});

function decide(method: string, path: string, host = 'api.example') {
  const target = canonicalTarget({ url: `https://${host}${path}`, headers: new Headers({ host }) });
  return target.ok ? matchRoute(buildRouteTable([GET_AND_POST, ANY]), method, target.value) : target;
}

const forwarded = (sent: HeadersInit) => Object.fromEntries(stripHeaders(new Headers(sent), new Set()));

describe('requests', () => {
  it('RFC 9110 §7.1: a target is origin-form; others have no path to decide on', () => {
    for (const target of ['*', 'http://other.example/orders', 'api.example:443']) {
      expect(decide('OPTIONS', target)).toMatchObject({ ok: false, error: { reason: 'path_ambiguous' } });
    }
  });

  it('RFC 9110 §7.2: a Host that is a list, or no host at all, is refused', () => {
    for (const host of ['api.example, api.example', 'api.example,', '', 'api example', 'api.example/']) {
      expect(decide('GET', '/orders', host)).toMatchObject({
        ok: false,
        error: { reason: 'path_ambiguous' },
      });
    }
  });

  it('RFC 9110 §9.1: methods are case-sensitive', () => {
    expect(decide('GET', '/orders')).toMatchObject({ ok: true });
    expect(decide('Get', '/orders')).toMatchObject({ ok: false, error: { reason: 'method_not_allowed' } });
  });

  it('RFC 9110 §9.3.2: HEAD goes wherever GET goes', () => {
    expect(decide('HEAD', '/orders')).toMatchObject({ ok: true, value: { route: GET_AND_POST } });
  });

  it('RFC 9110 §9.3.6, §9.3.8: CONNECT and TRACE are not forwarded, although the route takes every method', () => {
    for (const method of ['CONNECT', 'TRACE']) {
      expect(decide(method, '/any')).toMatchObject({ ok: false, error: { reason: 'method_not_allowed' } });
    }
    expect(decide('PROPFIND', '/any')).toMatchObject({ ok: true });
  });

  it('RFC 9110 §15.5.6: a known path with another method has the list of its methods for Allow (§10.2.1)', () => {
    expect(decide('DELETE', '/orders')).toEqual({
      ok: false,
      error: { reason: 'method_not_allowed', allow: ['GET', 'POST', 'HEAD'] },
    });
  });
});

describe('headers on their way to the origin', () => {
  it('RFC 9110 §5.1: names are case-insensitive', () => {
    expect(forwarded({ 'X-FORWARDED-FOR': 'a', AUTHORIZATION: 'Bearer a', ACCEPT: '*/*' })).toEqual({
      accept: '*/*',
    });
  });

  it('RFC 9110 §7.6.1: Connection, what it nominates, and the connection-specific headers end here', () => {
    const sent = {
      connection: 'close, X-Hop',
      'x-hop': '1',
      'keep-alive': 'timeout=5',
      'proxy-connection': 'keep-alive',
      te: 'trailers',
      'transfer-encoding': 'chunked',
      upgrade: 'h2c',
      'http2-settings': 'AAMAAABkAARAAAAAAAIAAAAA',
      'x-end': '1',
    };
    expect(forwarded(sent)).toEqual({ 'x-end': '1' });
  });

  it('RFC 9110 §7.6.1: an option that names no header is ignored', () => {
    expect(forwarded({ connection: 'close, x-absent, ,', 'x-end': '1' })).toEqual({ 'x-end': '1' });
  });

  it('RFC 9110 §7.8: no upgrade is forwarded but to a WebSocket (RFC 6455 §4.1)', () => {
    expect(forwarded({ connection: 'upgrade', upgrade: 'websocket' })).toEqual({ upgrade: 'websocket' });
    expect(forwarded({ connection: 'upgrade', upgrade: 'HTTP/2.0, websocket' })).toEqual({});
  });

  it('RFC 9110 §11.7.2: Proxy-Authorization is consumed by the first proxy', () => {
    expect(forwarded({ 'proxy-authorization': 'Basic dTpw' })).toEqual({});
  });
});
