import { describe, expect, it } from 'vitest';
import type { TokenSource } from '../../../src/core/token-source.ts';
import { acknowledge, findToken, removeTokens, withoutTokens } from '../../../src/credentials/find-token.ts';

const COOKIE: TokenSource = {
  kind: 'cookie',
  name: '__Host-a',
  allowedOrigins: new Set(['https://app.test']),
};
const BEARER: TokenSource = { kind: 'bearer' };
const HEADER: TokenSource = { kind: 'header', name: 'x-token', scheme: undefined, padded: false };
const QUERY: TokenSource = { kind: 'query', name: 't' };
const SOCKET: TokenSource = { kind: 'websocket_protocol', name: 'bearer', form: 'next' };

interface Sent {
  readonly headers?: Record<string, string>;
  readonly search?: string;
  readonly method?: string;
  readonly scheme?: 'http' | 'https';
  readonly authority?: string;
}

function find(sources: readonly TokenSource[], sent: Sent, multipleTokens?: 'first'): string {
  const { headers = {}, search = '', method = 'GET', scheme = 'https', authority = 'api.test' } = sent;
  const found = findToken(
    { sources, multipleTokens },
    { received: { method, headers: new Headers(headers) }, target: { scheme, authority, search } },
    { maxTokenBytes: 100, known: undefined },
  );
  return found.ok ? `${found.source.kind} ${found.value}` : found.error.reason;
}

describe('findToken', () => {
  it.each<[readonly TokenSource[], Sent, string]>([
    [[], {}, 'credentials_missing'],
    [[BEARER], { headers: { authorization: 'Bearer a' } }, 'bearer a'],
    [[BEARER, HEADER], { headers: { 'x-token': 'b' } }, 'header b'],
    [[QUERY], { search: '?x=1&t=c' }, 'query c'],
    [[COOKIE], { headers: { cookie: '__Host-a=d' } }, 'cookie d'],
    [[BEARER, COOKIE], { headers: { cookie: '__Host-a=d', authorization: 'Basic x' } }, 'cookie d'],
    [[BEARER, HEADER], { headers: { 'x-token': 'b', authorization: 'Bearer b' } }, 'credentials_multiple'],
    [[BEARER, HEADER], { headers: { 'x-token': 'b,c', authorization: 'Bearer b' } }, 'credentials_multiple'],
    [[BEARER, HEADER], { headers: { 'x-token': 'b c', authorization: 'Bearer b' } }, 'credentials_malformed'],
    [[HEADER], { headers: { 'x-token': 'b' }, search: '?access_token=x' }, 'credentials_multiple'],
    [[HEADER, QUERY], { headers: { 'x-token': 'b' }, search: '?access_token=x' }, 'credentials_multiple'],
    [[QUERY], { search: '?t=c&access_token=x' }, 'credentials_multiple'],
    [[QUERY], { search: '?t=c;a=1' }, 'credentials_malformed'],
    [[HEADER], { headers: { 'x-token': 'x'.repeat(100) } }, `header ${'x'.repeat(100)}`],
    [[HEADER], { headers: { 'x-token': 'x'.repeat(101) } }, 'token_too_large'],
    [[COOKIE], { headers: { cookie: `__Host-a=${'x'.repeat(101)}` } }, 'token_too_large'],
    [[QUERY], { search: `?t=${'x'.repeat(101)}` }, 'token_too_large'],
  ])('%j in %j: %s', (sources, sent, expected) => {
    expect(find(sources, sent)).toBe(expected);
  });

  it('stops at the first one where the first is to decide', () => {
    const headers = { authorization: 'Bearer a', 'x-token': 'not a token' };
    expect(find([BEARER, HEADER], { headers }, 'first')).toBe('bearer a');
    expect(find([HEADER, BEARER], { headers }, 'first')).toBe('credentials_malformed');
    expect(find([HEADER], { headers: { 'x-token': 'b' }, search: '?access_token=x' }, 'first')).toBe(
      'credentials_multiple',
    );
  });

  it.each<[Sent, boolean]>([
    [{ method: 'POST', headers: { origin: 'https://api.test' } }, true],
    [{ method: 'POST', headers: { origin: 'https://api.test' }, authority: 'API.test:443' }, true],
    [
      { method: 'POST', headers: { origin: 'http://api.test' }, scheme: 'http', authority: 'api.test:80' },
      true,
    ],
    [{ method: 'POST', headers: { origin: 'https://api.test:8443' }, authority: 'api.test:8443' }, true],
    [{ method: 'POST', headers: { origin: 'https://api.test' }, authority: 'api.test:80' }, false],
    [{ method: 'POST', headers: { origin: 'https://api.test' }, scheme: 'http' }, false],
    [{ method: 'POST', headers: { origin: 'HTTPS://API.TEST' } }, false],
    [{ method: 'POST', headers: { origin: '' } }, false],
    [{ method: 'POST', headers: { origin: 'https://api.test', 'sec-fetch-site': 'same-site' } }, false],
    [{ method: 'POST', headers: { origin: 'https://app.test', 'sec-fetch-site': 'same-site' } }, true],
    [{ method: 'post', headers: {} }, false],
    [{ method: 'GET', headers: { upgrade: 'WebSocket' } }, false],
    [{ method: 'GET', headers: { upgrade: 'WebSocket', origin: 'https://api.test' } }, true],
    [{ method: 'GET', headers: { upgrade: 'h2c' } }, true],
  ])('takes a cookie from a page of the same site alone: %j %s', (sent, taken) => {
    const headers = { ...sent.headers, cookie: '__Host-a=d' };
    expect(find([COOKIE], { ...sent, headers })).toBe(taken ? 'cookie d' : 'cross_site_request');
    expect(find([HEADER], { ...sent, headers: { ...sent.headers, 'x-token': 'b' } })).toBe('header b');
  });
});

describe('a WebSocket subprotocol', () => {
  const REST: TokenSource = { kind: 'websocket_protocol', name: 'p.', form: 'rest' };
  it.each<[TokenSource, string, string]>([
    [SOCKET, 'bearer, a, chat', 'websocket_protocol a'],
    [SOCKET, 'bearer, a, bearer, b', 'credentials_multiple'],
    [SOCKET, 'chat, bearer', 'credentials_malformed'],
    [REST, 'p.YS5iLmM, chat', 'websocket_protocol a.b.c'],
    [REST, 'p.YS5iLmM', 'credentials_malformed'],
    [REST, 'p.YQ, p.Yg, chat', 'credentials_multiple'],
    [REST, 'p.YQ==, chat', 'credentials_malformed'],
    [REST, `p.${'!'.repeat(137)}, chat`, 'token_too_large'],
  ])('%j in %j: %s', (source, offered, expected) => {
    const headers = { upgrade: 'websocket', 'sec-websocket-protocol': offered };
    expect(find([source], { headers })).toBe(expected);
    expect(find([source], { headers, method: 'POST' })).toBe('credentials_missing');
  });
});

describe('a cookie that another site has set beside the prefix', () => {
  it.each([
    ['\u00a0__Host-a=evil', 'credentials_missing'],
    ['__Host-a\u00a0=evil', 'credentials_missing'],
    ['__Host-a=good; \u00a0__Host-a=evil', 'cookie good'],
    ['\t__Host-a =good\t', 'cookie good'],
    ['__Host-a=good; b=1; __Host-a=evil', 'credentials_multiple'],
    ['b=1,\u00a0__Host-a=evil', 'credentials_malformed'],
    ['__Host-a=\u00a0x', 'credentials_malformed'],
  ])('%j: %s', (cookie, expected) => expect(find([COOKIE], { headers: { cookie } })).toBe(expected));
});

describe('removeTokens', () => {
  const removed = (sources: readonly TokenSource[], sent: Record<string, string>, search = '') => {
    const headers = new Headers(sent);
    return [removeTokens(sources, headers, search), Object.fromEntries(headers)];
  };

  it.each<[string, string]>([
    ['?t=x', ''],
    ['?', '?'],
    ['', ''],
    ['?a&b', '?a&b'],
    ['?t=x&t=y&a', '?a'],
    ['?a&t=x&t=y', '?a'],
    ['?&t', ''],
    ['?t&&a', '?&a'],
    ['?T=x&a=t', '?a=t'],
    ['?%74=x;a', '?a'],
    ['?a;t[]=x;b', '?a;b'],
    ['?tt=x&x_t=y', '?tt=x&x_t=y'],
  ])('takes every spelling out of %j', (search, rest) => {
    expect(removed([QUERY], {}, search)).toEqual([rest, {}]);
    expect(withoutTokens([BEARER, QUERY], search)).toBe(rest);
    expect(withoutTokens([BEARER, COOKIE], search)).toBe(search);
  });

  it.each<[string, string | undefined]>([
    ['__Host-a=x', undefined],
    ['a=1; __Host-a=x; b=2', 'a=1; b=2'],
    ['__Host-a=x; __Host-a=y; a=1', 'a=1'],
    ['a=1, __Host-a=x; b=2', 'a=1; b=2'],
    ['__Host-a=x, __Host-a=y', undefined],
    ['__Host-ab=1; x__Host-a=2; __host-a=3', '__Host-ab=1; x__Host-a=2; __host-a=3'],
    ['__Host-a', '__Host-a'],
    ['a=1; \u00a0__Host-a=x', 'a=1'],
    ['a=1,\u00a0__Host-a\u00a0=x; b=2', 'a=1; b=2'],
  ])('takes the pairs out of %j', (cookie, rest) => {
    expect(removed([COOKIE], { cookie })).toEqual(['', rest === undefined ? {} : { cookie: rest }]);
  });

  it.each<[TokenSource, string, string | undefined]>([
    [SOCKET, 'bearer, x', undefined],
    [SOCKET, 'a, bearer, x, b', 'a, b'],
    [SOCKET, 'bearer, x, bearer, y, b', 'b'],
    [SOCKET, 'a,b', 'a,b'],
    [{ ...SOCKET, name: 'p.', form: 'rest' }, 'p.x, a, p.y', 'a'],
  ])('%j: takes name and token out of %j', (source, value, rest) => {
    const name = 'sec-websocket-protocol';
    expect(removed([source], { [name]: value })).toEqual(['', rest === undefined ? {} : { [name]: rest }]);
  });

  it('takes a header out in every spelling, and leaves Authorization to others', () => {
    const sent = { 'x-token': 'a', x_token: 'b', 'x.token': 'c', 'x-tokens': 'd', authorization: 'e' };
    expect(removed([BEARER, HEADER], sent)).toEqual(['', { 'x-tokens': 'd', authorization: 'e' }]);
  });
});

describe('acknowledge', () => {
  const offered = new Headers({ 'sec-websocket-protocol': 'bearer, x, chat' });

  it('leaves an answer alone that is no handshake', () => {
    const answer = new Response('no');
    expect(acknowledge([COOKIE, SOCKET], offered, answer)).toBe(answer);
  });

  it('selects the name where the origin has selected nothing, and keeps what else the origin says', () => {
    const { 0: client } = new WebSocketPair();
    const answer = new Response(null, { status: 101, webSocket: client, headers: { 'x-a': 'b' } });
    const selected = acknowledge([SOCKET], offered, answer);
    expect([selected.status, selected.webSocket]).toEqual([101, client]);
    expect(Object.fromEntries(selected.headers)).toEqual({ 'sec-websocket-protocol': 'bearer', 'x-a': 'b' });
  });

  it.each<[string, TokenSource, Headers, Record<string, string>]>([
    ['the origin has selected', SOCKET, offered, { 'sec-websocket-protocol': 'chat' }],
    ['nothing was offered', SOCKET, new Headers(), {}],
    ['the name was not offered', SOCKET, new Headers({ 'sec-websocket-protocol': 'chat' }), {}],
    ['the name holds the token', { ...SOCKET, form: 'rest' }, offered, {}],
  ])('selects nothing where %s', (_name, source, sent, headers) => {
    const { 0: client } = new WebSocketPair();
    const answer = new Response(null, { status: 101, webSocket: client, headers });
    expect(acknowledge([source], sent, answer)).toBe(answer);
  });
});
