import { describe, expect, it } from 'vitest';
import { fetchDocument } from '../../../src/keys/fetch-document.ts';
import type { FetchDocument } from '../../../src/keys/port.ts';

const URL_ = 'https://issuer.example/jwks';

const get = async (
  reply: FetchDocument,
  options: { etag?: string; signal?: AbortSignal; maxBytes?: number; pastCaches?: boolean } = {},
): Promise<unknown> => {
  const fetched = await fetchDocument(URL_, {
    fetch: reply,
    signal: options.signal ?? new AbortController().signal,
    maxBytes: options.maxBytes ?? 1_000,
    accept: 'application/json',
    etag: options.etag,
    pastCaches: options.pastCaches ?? false,
  });
  return fetched.ok ? fetched.value : fetched.error.why;
};

const ok =
  (body: BodyInit | null, headers: Record<string, string> = {}): FetchDocument =>
  async () =>
    new Response(body, { headers });
const withStatus =
  (status: number, headers: Record<string, string> = {}): FetchDocument =>
  async () =>
    new Response(null, { status, headers });

/** A body that comes in pieces; counts how many were taken. */
const pieces = (piece: string, count: number) => {
  const taken = { count: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        taken.count += 1;
        if (taken.count > count) controller.close();
        else controller.enqueue(new TextEncoder().encode(piece));
      },
      cancel() {
        taken.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, taken };
};

describe('fetching a document', () => {
  it('asks without following redirects and sends nothing of the request it is for', async () => {
    let seen: RequestInit | undefined;
    await get(async (url, init) => {
      expect(url).toBe(URL_);
      seen = init;
      return new Response('{}');
    });
    expect(seen?.redirect).toBe('manual');
    expect([...new Headers(seen?.headers)]).toEqual([
      ['accept', 'application/json'],
      ['user-agent', 'portcullis'],
    ]);
  });

  it('goes past caches on the way where it is told to', async () => {
    const asked: unknown[] = [];
    const reply: FetchDocument = async (_url, init) => {
      asked.push(new Headers(init.headers).get('cache-control'), init.cache);
      return new Response('{}');
    };
    await get(reply, { pastCaches: true });
    await get(reply, { pastCaches: false });
    expect(asked).toEqual(['no-cache', 'no-store', null, undefined]);
  });

  const REPLIES: readonly (readonly [string, FetchDocument, unknown])[] = [
    [
      'an object',
      ok('{"keys":[]}'),
      { modified: true, document: { keys: [] }, freshSeconds: undefined, ageSeconds: 0, etag: undefined },
    ],
    [
      'whatever its content type says',
      ok('{}', { 'content-type': 'text/html' }),
      { modified: true, document: {}, freshSeconds: undefined, ageSeconds: 0, etag: undefined },
    ],
    ['an array', ok('[]'), 'not_json'],
    ['null', ok('null'), 'not_json'],
    ['a string', ok('"keys"'), 'not_json'],
    ['nothing', ok(null), 'not_json'],
    ['an empty body', ok(''), 'not_json'],
    ['HTML', ok('<!doctype html>'), 'not_json'],
    ['half an object', ok('{"keys":[{"kty":"EC"'), 'not_json'],
    ['an object and more', ok('{} {}'), 'not_json'],
    [
      'a byte order mark in front (RFC 8259 §8.1)',
      ok('\uFEFF{}'),
      { modified: true, document: {}, freshSeconds: undefined, ageSeconds: 0, etag: undefined },
    ],
    ['a byte order mark twice', ok('\uFEFF\uFEFF{}'), 'not_json'],
    ['bytes that are not UTF-8', ok(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), 'not_json'],
    ['nesting without end', ok('['.repeat(900)), 'not_json'],
    [
      'exactly the cap',
      ok(`{}${' '.repeat(998)}`),
      { modified: true, document: {}, freshSeconds: undefined, ageSeconds: 0, etag: undefined },
    ],
    ['one byte more', ok(`{}${' '.repeat(999)}`), 'too_large'],
    [
      'a small content-length on a large body',
      ok(`{}${' '.repeat(2_000)}`, { 'content-length': '2' }),
      'too_large',
    ],
    ['300', withStatus(300), 'redirect'],
    ['301', withStatus(301, { location: 'https://elsewhere.example/' }), 'redirect'],
    ['302 without location', withStatus(302), 'redirect'],
    ['308', withStatus(308, { location: URL_ }), 'redirect'],
    ['204', withStatus(204), 'status'],
    ['206', withStatus(206), 'status'],
    ['404', withStatus(404), 'status'],
    ['500', withStatus(500), 'status'],
    ['304 that nobody asked for', withStatus(304), 'not_modified_unasked'],
    [
      'a refused connection',
      async () => {
        throw new TypeError('refused');
      },
      'unreachable',
    ],
  ];

  it.each(REPLIES)('%s', async (_title, reply, expected) => {
    expect(await get(reply)).toEqual(expected);
  });

  it('stops reading at the cap', async () => {
    const { body, taken } = pieces('x'.repeat(100), 1_000_000);
    expect(await get(ok(body))).toBe('too_large');
    expect(taken.cancelled).toBe(true);
    expect(taken.count).toBeLessThanOrEqual(12);
  });

  it('does not read what comes with an error', async () => {
    const { body, taken } = pieces('x', 1_000);
    expect(await get(async () => new Response(body, { status: 500 }))).toBe('status');
    expect(taken).toEqual({ count: 0, cancelled: true });
  });

  it.each([
    ['no answer', () => new Promise<Response>(() => {})],
    [
      'a body that never ends',
      async () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })),
    ],
    [
      'a body that stops half way',
      async () =>
        new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new TextEncoder().encode('{"keys":')),
          }),
        ),
    ],
  ] as const)('the deadline covers %s', async (_title, reply) => {
    const controller = new AbortController();
    const pending = get(reply, { signal: controller.signal });
    await Promise.resolve();
    controller.abort();
    expect(await pending).toBe('timeout');
  });

  it('a deadline that has passed before the request', async () => {
    expect(await get(ok('{}'), { signal: AbortSignal.abort() })).toBe('timeout');
  });
});

describe('validators (RFC 9110 §8.8.3)', () => {
  const etagOf = async (etag: string) => {
    const fetched = await get(ok('{}', { etag }));
    return typeof fetched === 'object' && fetched !== null && 'etag' in fetched ? fetched.etag : fetched;
  };

  it.each(['"a"', 'W/"a"', '""'])('%s is kept', async (etag) => {
    expect(await etagOf(etag)).toBe(etag);
  });

  it.each(['a', '"a', '"a"b"', 'w/"a"', `"${'x'.repeat(257)}"`, '"a b"'])('%s is not', async (etag) => {
    expect(await etagOf(etag)).toBeUndefined();
  });

  it.each(['"2"', 'W/"2"', '1', '', '"1", "1"', 'w/"1"'])(
    'RFC 9111 §4.3.4: a 304 with %j for the one that was sent says nothing of it',
    async (etag) => {
      const reply = withStatus(304, { etag });
      expect(await get(reply, { etag: '"1"' })).toBe('not_modified_mismatch');
    },
  );

  it('is sent back, and a 304 keeps or replaces it', async () => {
    const asked: (string | null)[] = [];
    const reply =
      (headers: Record<string, string>): FetchDocument =>
      async (_url, init) => {
        asked.push(new Headers(init.headers).get('if-none-match'));
        return new Response(null, { status: 304, headers });
      };
    expect(await get(reply({ 'cache-control': 'max-age=60' }), { etag: '"1"' })).toEqual({
      modified: false,
      etag: '"1"',
      freshSeconds: 60,
      ageSeconds: 0,
    });
    expect(await get(reply({ etag: 'W/"1"' }), { etag: '"1"' })).toMatchObject({ etag: 'W/"1"' });
    expect(await get(reply({ etag: '"1"', age: '7' }), { etag: 'W/"1"' })).toMatchObject({
      etag: '"1"',
      ageSeconds: 7,
    });
    expect(asked).toEqual(['"1"', '"1"', 'W/"1"']);
  });
});
