import { describe, expect, it } from 'vitest';
import { compileControl } from '../../../src/control/config.ts';
import type { PeerAnswer, Question } from '../../../src/control/peer.ts';
import { controlApp, VARIABLES } from './control-app.ts';

function app(answer: () => Promise<PeerAnswer>) {
  const asked: (Question & { path: string })[] = [];
  const tokenService = (path: string, question: Question) => {
    asked.push({ path, ...question });
    return answer();
  };
  return { ...controlApp(VARIABLES, undefined, undefined, { tokenService }), asked };
}
const answering = (status: number, body: unknown) =>
  app(async () => ({ status, body: new TextEncoder().encode(JSON.stringify(body)) }));

const WRITES = [
  ['POST', '/v1/keys/rotate', undefined],
  ['POST', '/v1/keys/withdraw', { kid: 'a', reason: 'leaked' }],
  ['POST', '/v1/grants/end', { sub: 'user-secret' }],
] as const;
const READS = [
  ['GET', '/v1/keys', undefined],
  ['POST', '/v1/grants/lookup', { sub: 'user-secret' }],
] as const;

describe('the token service’s admin API through control', () => {
  it.each([...READS, ...WRITES])('%s %s goes on with the caller’s own token', async (method, path, body) => {
    const { admin, asked, audit, events } = answering(202, { done: false });
    const answer = await admin(method, path, body);
    expect([answer.status, await answer.json()]).toEqual([202, { done: false }]);
    expect(asked).toEqual([
      {
        path,
        method,
        authorization: expect.stringMatching(/^Bearer ey/),
        ...(body === undefined ? {} : { body }),
      },
    ]);
    expect(audit()).toMatchObject({
      intake: `${method} ${path}`,
      outcome: READS.some(([, read]) => read === path) ? 'read' : 'acknowledged',
      by: 'admin:ops:alice',
    });
    expect(JSON.stringify(events)).not.toContain('user-secret');
  });

  it.each(READS)('%s %s is for those who may read', async (method, path, body) => {
    const { admin } = answering(200, {});
    expect((await admin(method, path, body, { scope: 'revocations:read' })).status).toBe(200);
    expect((await admin(method, path, body, { scope: 'revocations:write' })).status).toBe(403);
  });

  it.each(WRITES)(
    '%s %s is for those who may write, and nobody is asked else',
    async (method, path, body) => {
      const { admin, asked } = answering(200, {});
      expect((await admin(method, path, body, { scope: 'revocations:read' })).status).toBe(403);
      expect(asked).toEqual([]);
    },
  );

  it.each([
    [400, 400],
    [401, 403],
    [403, 403],
    [404, 404],
    [302, 503],
    [429, 503],
    [500, 503],
  ])('answers for its %i with %i, never with a 401 that is not control’s', async (from, to) => {
    const { admin } = answering(from, { detail: 'in its own words' });
    const answer = await admin('GET', '/v1/keys');
    expect(answer.status).toBe(to);
    const { detail } = (await answer.json()) as { detail: string };
    expect(detail === 'in its own words').toBe(from === 400 || from === 404);
  });

  it('answers 503 where it does not, or says no JSON; 404 where there is none', async () => {
    const silent = app(() => Promise.reject(new TypeError('no route')));
    expect((await silent.admin('POST', '/v1/keys/rotate')).status).toBe(503);
    const garbled = app(async () => ({ status: 200, body: new TextEncoder().encode('<html>') }));
    expect((await garbled.admin('GET', '/v1/keys')).status).toBe(503);
    expect((await controlApp().admin('GET', '/v1/keys')).status).toBe(404);
  });
});

it('takes CONTROL.console.token_service as it takes the gateway', () => {
  const compiled = (token_service: unknown) => {
    const result = compileControl({
      ...VARIABLES,
      CONTROL: { ...VARIABLES.CONTROL, console: { token_service } },
    });
    return result.ok ? result.value.policy.console?.tokenService : result.error.map(({ path }) => path);
  };
  expect(compiled('https://tokens.example')).toBe('https://tokens.example');
  expect(compiled('service:TOKENS')).toEqual(['CONTROL.console.token_service']);
});
