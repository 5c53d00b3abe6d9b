import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bearer, send } from '../fixtures/client.ts';
import { type ConsoleStack, startConsole } from '../fixtures/console.ts';

let stack: ConsoleStack;

beforeAll(async () => {
  stack = await startConsole();
});
afterAll(() => stack?.stop());

interface Page {
  readonly refusals: readonly {
    readonly reference: string;
    readonly path: string;
    readonly reason: string;
  }[];
  readonly cursor: string;
}

const ask = async (query = ''): Promise<{ page: Page; text: string }> => {
  const answer = await fetch(`${stack.gateway.controlUrl}/v1/refusals${query}`, {
    headers: { Authorization: `Bearer ${await stack.adminToken({ scope: 'events:read' })}` },
  });
  expect(answer.status).toBe(200);
  const text = await answer.text();
  return { page: JSON.parse(text), text };
};
const until = (query: string, path: string) =>
  vi.waitFor(
    async () => {
      const asked = await ask(query);
      expect(asked.page.refusals.map((each) => each.path)).toContain(path);
      return asked;
    },
    { timeout: 25_000, interval: 250 },
  );

it('the built control Worker shows what the built gateway has refused, as it was logged, and nothing of a token', async () => {
  const { gateway, issuer } = stack;
  const allowed = await issuer.sign({ scope: 'orders:read' });
  expect((await send(gateway, 'GET', '/orders/allowed', [bearer(allowed)])).response.status).toBe(200);
  const claims = {
    jti: 'an-identifier-of-this-test',
    sub: 'a-subject-of-this-test',
    exp: 1_000_000,
    iat: 999_000,
  };
  const expired = await issuer.sign(claims);
  const refused = await send(gateway, 'GET', '/orders/expired', [bearer(expired)]);
  const { page, text } = await until('', '/orders/expired');
  expect(page.refusals.map(({ path }) => path)).toEqual(['/orders/expired']);
  expect(page.refusals[0]).toEqual({ ...refused.event, id: expect.stringMatching(/^[\da-f-]{36}\.0$/) });
  for (const secret of [expired, expired.split('.')[2] ?? '', claims.jti, claims.sub, allowed]) {
    expect(text).not.toContain(secret);
  }
  await send(gateway, 'GET', '/orders/without');
  const next = await until(`?after=${page.cursor}`, '/orders/without');
  expect(next.page.refusals.map(({ reason }) => reason)).toEqual(['credentials_missing']);
});
