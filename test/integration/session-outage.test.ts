import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, startDeployment } from '../fixtures/deployment.ts';
import { type LoginStack, startLoginStack } from '../fixtures/login-stack.ts';
import { aPerson } from '../fixtures/person.ts';

/** Sessions while the deny-list does not answer: what cannot be known is 503, and no cookie is lost over it. */
describe('sessions without their deny-list', () => {
  let deployment: Deployment;
  let stack: LoginStack;
  beforeAll(async () => {
    deployment = await startDeployment();
    stack = await startLoginStack({ secrets: deployment.writer });
  });
  afterAll(async () => {
    await stack.stop();
    await deployment.stop();
  });

  it('refreshes nothing, says nothing, ends one session for sure and not all of them, and then goes on', async () => {
    const { url } = stack.service;
    const [person, other] = [aPerson(), aPerson()];
    await person.logIn(await person.visit(`${url}/session/login`), 'alice');
    await other.logIn(await other.visit(`${url}/session/login`), 'bob');
    const ask = async (method: string, path: string, body?: URLSearchParams) => {
      const headers = { 'sec-fetch-site': 'same-origin' };
      const answer = await person.fetch(url + path, { method, headers, ...(body && { body }) });
      return [answer.status, answer.headers.getSetCookie().length];
    };
    const all = new URLSearchParams({ all: 'true' });
    deployment.pauseRedis();
    try {
      expect(await ask('GET', '/session')).toEqual([503, 0]);
      expect(await ask('POST', '/session/refresh')).toEqual([503, 0]);
      // Perhaps it is stored all the same: the request is on its way.
      expect(await ask('POST', '/session/logout', all)).toEqual([503, 0]);
      // The session has ended here, and the deny-list hears of it later: 202, and the cookies go.
      expect(await ask('POST', '/session/logout')).toEqual([202, 2]);
    } finally {
      deployment.resumeRedis();
    }
    expect(await ask('GET', '/session')).toEqual([401, 0]);
    const headers = { 'sec-fetch-site': 'same-origin' };
    const still = async (): Promise<number> => {
      const { status } = await other.fetch(`${url}/session/refresh`, { method: 'POST', headers });
      return status === 503 ? await still() : status;
    };
    expect(await still()).toBe(200);
  });
});
