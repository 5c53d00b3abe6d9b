/** Random numbers that a seed repeats (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const METHODS = [
  'GET',
  'GET',
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'OPTIONS',
  'DELETE',
  'PATCH',
  'TRACE',
  'get',
  'PROPFIND',
];
const PLAIN_SEGMENTS = ['public', 'orders', 'inner', 'x', '1', 'a.b', '%C3%A9', 'x,y'];
const SEGMENTS = [
  'public',
  'orders',
  'inner',
  'x',
  '1',
  '',
  '.',
  '..',
  '%2e',
  '%2e%2e',
  '%2E.',
  '..;',
  ';a=b',
  '%2f',
  '%5c',
  '\\',
  '%00',
  '%',
  '%25',
  '%252e',
  '\xc3\xa9',
  '%c3%a9',
  '%c0%ae',
  '?',
  '#',
  '~',
  '@',
  '*',
  "'",
  '...',
  '%20',
  ' ',
  '\t',
  'PUBLIC',
  '.portcullis',
  'health',
];
const HOSTS = [
  'api.test',
  'api.test',
  'api.test',
  'open.test',
  'guarded.test',
  'api.test:80',
  'API.TEST',
  'open.test/x',
  'a@open.test',
  'open.test?',
  'open.test#',
  'open.test, guarded.test',
  '',
  '[::1]',
  'open.test.',
  'x y',
  '127.0.0.1',
];
const HEADERS = [
  'X-User-Id: root',
  'x_user_id: root',
  'X.User.Id: root',
  'Connection: x-user-id, close',
  'Connection: keep-alive',
  'TE: trailers',
  'X-Forwarded-Host: open.test',
  'X-Original-URL: /public/x',
  'X-HTTP-Method-Override: OPTIONS',
  'Forwarded: host=open.test',
  'Origin: https://app.test',
  'Access-Control-Request-Method: GET',
  'Cookie: a=b',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Expect: 100-continue',
  'Accept: */*',
  'Range: bytes=0-1',
  'If-None-Match: *',
  'Authorization: Bearer e30.e30.e30',
  'Authorization: Basic eA==',
  'Authorization:',
  'Proxy-Authorization: Bearer e30.e30.e30',
  'Content-Type: application/json',
];
const FRAMINGS: readonly (readonly [header: string, body: string])[] = [
  ['', ''],
  ['', ''],
  ['Content-Length: 2\r\n', 'ab'],
  ['Content-Length: 0\r\n', ''],
  ['Transfer-Encoding: chunked\r\n', '2\r\nab\r\n0\r\n\r\n'],
  [
    'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n',
    '0\r\n\r\nGET /orders/s HTTP/1.1\r\nHost: h\r\n\r\n',
  ],
  ['Content-Length: 1\r\nContent-Length: 2\r\n', 'ab'],
];
const BYTES = [
  '\0',
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  '/',
  '\\',
  '%',
  '.',
  '..',
  ';',
  ':',
  ',',
  '?',
  '#',
  '@',
  '\xff',
  '\x7f',
  '"',
  '=',
];

/** One request as bytes, mostly well-formed, with `token` as its bearer token where there is one. */
export function randomRequest(random: () => number, token: string | undefined): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const depth = Math.floor(random() * 6);
  const path = `/${random() < 0.6 ? `${pick(['public', 'orders'])}/` : ''}${Array.from({ length: depth }, () => pick(random() < 0.8 ? PLAIN_SEGMENTS : SEGMENTS)).join('/')}`;
  const query = random() < 0.2 ? `?${pick(SEGMENTS)}=${pick(SEGMENTS)}` : '';
  const headers = Array.from({ length: Math.floor(random() * 4) }, () => `${pick(HEADERS)}\r\n`);
  if (token !== undefined) headers.push(`Authorization: Bearer ${token}\r\n`);
  const [framing, body] = pick(FRAMINGS);
  const whole = `${pick(METHODS)} ${path}${query} HTTP/1.1\r\nHost: ${random() < 0.7 ? 'api.test' : pick(HOSTS)}\r\n${headers.join('')}${framing}\r\n${body}`;
  return random() < 0.35 ? mutated(whole, random, pick) : whole;
}

/** A few characters replaced, inserted, doubled or left out. */
function mutated(text: string, random: () => number, pick: (from: readonly string[]) => string): string {
  let result = text;
  for (let edits = 1 + Math.floor(random() * 3); edits > 0; edits -= 1) {
    const at = Math.floor(random() * result.length);
    const until = at + Math.floor(random() * 3);
    result = result.slice(0, at) + (random() < 0.7 ? pick(BYTES) : '') + result.slice(until);
  }
  return result;
}
