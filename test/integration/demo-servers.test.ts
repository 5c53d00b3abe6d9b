import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { keptSecret } from '../../dev/secrets.ts';
import { type DemoOrigin, startOrigin } from '../../src/cli/dev/origin.ts';

describe('the demo origin', () => {
  let demo: DemoOrigin;
  beforeAll(async () => {
    demo = await startOrigin({ port: 0 });
  });
  afterAll(() => demo.close());

  test('echoes method, path, headers and body', async () => {
    const response = await fetch(`${demo.url}/a/b?c=d`, {
      method: 'PUT',
      headers: { 'X-One': '1' },
      body: 'text',
    });
    expect(await response.json()).toMatchObject({
      method: 'PUT',
      path: '/a/b?c=d',
      headers: { 'x-one': '1' },
      body: 'text',
    });
  });

  test('a body that is not text comes back in base64', async () => {
    const response = await fetch(demo.url, { method: 'POST', body: new Uint8Array([0xff, 0x00]) });
    expect(await response.json()).toMatchObject({ body: { base64: '/wA=' } });
  });

  test('a body beyond the limit is refused', async () => {
    const response = await fetch(demo.url, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) });
    expect(response.status).toBe(413);
  });

  test('a path that ends in /events streams, and a client that leaves ends it', async () => {
    const response = await fetch(`${demo.url}/public/events`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body?.getReader();
    const chunk = await reader?.read();
    expect(new TextDecoder().decode(chunk?.value)).toBe('data: 0\n\n');
    await reader?.cancel();
  });
});

describe('the secret that seals in the demo', () => {
  test("is made once for a state, and this user's alone to read", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'portcullis-secret-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'state', 'sealing-key');
    const made = await keptSecret(file);
    expect(made).toMatch(/^[\w-]{32,}$/);
    expect(await keptSecret(file)).toBe(made);
    expect(await keptSecret(join(folder, 'other'))).not.toBe(made);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});

describe('npm run token', () => {
  const run = promisify(execFile);
  test.each([
    [['--ttl', '5m'], '--ttl: a token service is not asked for'],
    [['--expired'], 'npm run portcullis -- dev'],
    [['--alg', 'RS256'], 'wrangler.token-service.toml'],
    [['--client', 'other'], '--client'],
    [['--claim', 'novalue'], '--claim'],
    [['--port', '0'], '--port'],
    [['--unknown'], '--unknown'],
    [['positional'], 'positional'],
  ])('%j is refused before anything is asked', async (args, named) => {
    const attempt = run(process.execPath, ['dev/token.ts', ...args], {
      cwd: join(import.meta.dirname, '../..'),
    });
    await expect(attempt).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(named),
    });
  });
});
