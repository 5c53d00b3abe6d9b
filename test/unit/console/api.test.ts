import { afterEach, describe, expect, it, vi } from 'vitest';
import { createApi } from '../../../src/console/api.ts';
import { openSession, type Session } from '../../../src/console/open-session.ts';
import { nextPause } from '../../../src/console/pace.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

type Answering = (path: string, init: RequestInit) => Response | Promise<Response>;
const answering = (answer: Answering) =>
  vi.stubGlobal(
    'fetch',
    vi.fn(async (path, init) => answer(path, init)),
  );
const asked = () => vi.mocked(fetch).mock.calls[0] as [string, RequestInit];
const json = (body: unknown, status = 200) => Response.json(body, { status });

describe('a call of the API', () => {
  it('carries the token in a header alone, with no cookie, past every cache, and follows it nowhere', async () => {
    answering(() => json({ a: 1 }));
    const api = createApi('the-token', () => undefined);
    expect(
      await api('/v1/refusals', { query: { reason: 'a&b', route: '', limit: 5, after: undefined } }),
    ).toEqual({
      ok: true,
      value: { a: 1 },
    });
    const [path, init] = asked();
    expect(path).toBe('/v1/refusals?reason=a%26b&limit=5');
    expect(init).toMatchObject({
      method: 'GET',
      headers: { Authorization: 'Bearer the-token' },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    });
  });

  it.each<[string, Answering, object]>([
    ['no JSON', () => new Response('<p>Log in'), { title: 'No answer of control' }],
    ['no object', () => json('text'), { title: 'No answer of control' }],
    ['null', () => json(null), { title: 'No answer of control' }],
    [
      'a problem',
      () => json({ title: 'Too Many', detail: 'Later.' }, 429),
      { status: 429, detail: 'Later.' },
    ],
    [
      'an error without words',
      () => new Response('<p>', { status: 503 }),
      { status: 503, title: 'Status 503' },
    ],
    ['nothing', () => Promise.reject(new TypeError('gone')), { status: 0, title: 'No answer' }],
  ])('answered with %s is a problem, and never thrown', async (_, answer, problem) => {
    answering(answer);
    const refused = vi.fn();
    expect(await createApi('t', refused)('/v1/metrics')).toMatchObject({ ok: false, problem });
    expect(refused).not.toHaveBeenCalled();
  });

  it('without content is an answer', async () => {
    answering(() => new Response(null, { status: 204 }));
    expect(await createApi('t', () => undefined)('/v1/revocations', { method: 'DELETE' })).toEqual({
      ok: true,
      value: undefined,
    });
  });

  it('that is not answered is given up', async () => {
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort());
    answering(
      (_, { signal }) => new Promise((_resolve, reject) => (signal?.aborted ? reject(signal.reason) : 0)),
    );
    const given = new AbortController().signal;
    const api = createApi('t', () => undefined);
    expect(await api('/v1/metrics')).toMatchObject({ problem: { title: 'No answer' } });
    expect(await api('/v1/metrics', { signal: given })).toMatchObject({ problem: { title: 'No answer' } });
  });
});

describe('a session', () => {
  it('ends with a 401, once it was open, and says which one that was', async () => {
    answering(() => json({ title: 'Unauthorized' }, 401));
    const ended = vi.fn<(session: Session) => void>();
    expect(await openSession('t', ended)).toMatchObject({ ok: false, problem: { status: 401 } });
    expect(ended).not.toHaveBeenCalled();
    answering(() =>
      json({ caller: 'admin:ops:alice', admin: 'ops', may: ['read'], may_revoke: [], store: 's' }),
    );
    const answer = await openSession('t', ended);
    if (!answer.ok) throw new Error('refused');
    answering(() => json({ title: 'Forbidden' }, 403));
    await answer.value.api('/v1/metrics');
    expect(ended).not.toHaveBeenCalled();
    answering(() => json({ title: 'Unauthorized' }, 401));
    await answer.value.api('/v1/metrics');
    expect(ended.mock.calls).toEqual([[answer.value]]);
  });
});

it('asks less often while it fails, and no less often than once a minute', () => {
  expect([0, 1, 2, 4, 5, 900].map((failures) => nextPause(2_500, failures))).toEqual([
    2_500, 5_000, 10_000, 40_000, 60_000, 60_000,
  ]);
  expect(nextPause(300_000, 3)).toBe(300_000);
});
