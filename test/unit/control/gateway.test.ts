import { describe, expect, it } from 'vitest';
import { compileControl } from '../../../src/control/config.ts';
import { createPeer, type PeerAnswer, type Question } from '../../../src/control/peer.ts';
import { controlApp, VARIABLES } from './control-app.ts';

const QUESTION = {
  method: 'GET',
  url: 'https://api.example/',
  headers: [['Authorization', 'Bearer pasted']],
};

function app(answer: () => Promise<PeerAnswer>) {
  const asked: (Question & { path: string })[] = [];
  const gateway = (path: string, question: Question) => {
    asked.push({ path, ...question });
    return answer();
  };
  return { ...controlApp(VARIABLES, undefined, undefined, { gateway }), asked };
}
const answering = (status: number, body: unknown) =>
  app(async () => ({ status, body: new TextEncoder().encode(JSON.stringify(body)) }));

describe('GET /v1/policy and POST /v1/explain', () => {
  it('ask the gateway with the caller’s own token, and hand on what it says', async () => {
    const { admin, asked, audit, events } = answering(200, { routes: [] });
    const policy = await admin('GET', '/v1/policy', undefined, { scope: 'revocations:read' });
    expect([policy.status, await policy.json()]).toEqual([200, { routes: [] }]);
    expect(policy.headers.get('Cache-Control')).toBe('no-store');
    expect((await admin('POST', '/v1/explain', QUESTION)).status).toBe(200);
    expect(asked).toEqual([
      { path: '/.portcullis/policy', method: 'GET', authorization: expect.stringMatching(/^Bearer ey/) },
      {
        path: '/.portcullis/explain',
        method: 'POST',
        authorization: expect.stringMatching(/^Bearer ey/),
        body: QUESTION,
      },
    ]);
    expect(audit()).toMatchObject({ intake: 'POST /v1/explain', outcome: 'read' });
    expect(JSON.stringify(events)).not.toContain('pasted');
  });

  it.each([
    [400, 400],
    [413, 400],
    [401, 403],
    [403, 403],
    [404, 404],
    [302, 503],
    [500, 503],
    [503, 503],
  ])('answer for a gateway’s %i with %i, never with a 401 that is not control’s', async (from, to) => {
    const { admin, audit } = answering(from, {});
    expect((await admin('GET', '/v1/policy')).status).toBe(to);
    expect(audit().outcome).toBe(to === 503 ? 'unavailable' : 'refused');
  });

  it('answer 503 where the gateway does not, or says no JSON', async () => {
    const silent = app(() => Promise.reject(new TypeError('no route')));
    const answer = await silent.admin('POST', '/v1/explain', QUESTION);
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '5']);
    const garbled = app(async () => ({ status: 200, body: new TextEncoder().encode('<html>') }));
    expect((await garbled.admin('GET', '/v1/policy')).status).toBe(503);
  });

  it('ask nobody for whoever may not read, for no JSON, or where no gateway is configured', async () => {
    const { admin, request, asked } = answering(200, {});
    expect((await admin('GET', '/v1/policy', undefined, { scope: 'other' })).status).toBe(403);
    expect((await request('/v1/policy')).status).toBe(401);
    expect((await admin('POST', '/v1/explain')).status).toBe(415);
    expect(asked).toEqual([]);
    expect((await controlApp().admin('GET', '/v1/policy')).status).toBe(404);
  });
});

describe('another Worker of the deployment', () => {
  const service = (answer: (url: string, init: RequestInit) => Response) => ({
    GATEWAY: { fetch: async (url: string, init: RequestInit) => answer(url, init) },
  });
  const ask = (bindings: object) =>
    createPeer('service:GATEWAY', bindings)?.('/x', { method: 'POST', authorization: 'Bearer t', body: {} });

  it('is asked through its binding, with the credentials, and no redirect followed', async () => {
    let seen: unknown;
    const answer = await ask(
      service((url, { method, headers, body, redirect }) => {
        seen = { url, method, headers, body, redirect };
        return new Response('{}', { status: 201 });
      }),
    );
    expect(answer).toEqual({ status: 201, body: new TextEncoder().encode('{}') });
    expect(seen).toEqual({
      url: 'https://gateway.internal/x',
      method: 'POST',
      headers: { Authorization: 'Bearer t', 'Content-Type': 'application/json' },
      body: '{}',
      redirect: 'manual',
    });
  });

  it('is not read beyond a bound', async () => {
    await expect(ask(service(() => new Response(new Uint8Array(2 * 1024 * 1024 + 1))))).rejects.toThrow();
  });

  it('is nobody without an address', () => expect(createPeer(undefined, {})).toBeUndefined());
});

describe('CONTROL.console.gateway', () => {
  const compiled = (gateway: unknown, more = {}) => {
    const result = compileControl({
      ...VARIABLES,
      ...more,
      CONTROL: { ...VARIABLES.CONTROL, console: { gateway } },
    });
    return result.ok ? result.value.policy.console?.gateway : result.error.map(({ path }) => path);
  };
  it.each([
    ['https://api.example', {}, 'https://api.example'],
    ['https://api.example/', {}, 'https://api.example'],
    ['service:GATEWAY', { GATEWAY: { fetch: () => undefined } }, 'service:GATEWAY'],
    ['service:GATEWAY', {}, ['CONTROL.console.gateway']],
    ['http://api.example', {}, ['CONTROL.console.gateway']],
    ['https://api.example/path', {}, ['CONTROL.console.gateway']],
  ])('%s, with %o, is %o', (gateway, more, expected) => {
    expect(compiled(gateway, more)).toEqual(expected);
  });
});
