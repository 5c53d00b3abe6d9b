import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workerAddress, workerFile } from '../../src/cli/dev/worker-address.ts';
import { startWorker } from '../../src/cli/dev/wrangler.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-address-'));
});
afterAll(() => rm(folder, { recursive: true }));

const written = async (name: string, text: string) => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return Object(address).port;
}

describe('where a local Worker listens', () => {
  it.each([
    ['', undefined, '127.0.0.1', 'http://localhost:1', true],
    ['[dev]\nip = "127.0.0.2"\n', undefined, '127.0.0.2', 'http://127.0.0.2:1', true],
    ['[dev]\nip = "::1"\n', undefined, '::1', 'http://[::1]:1', true],
    ['[dev]\nip = "0.0.0.0"\n', undefined, '0.0.0.0', 'http://localhost:1', false],
    [
      '[dev]\nip = "192.0.2.7"\nlocal_protocol = "https"\n',
      undefined,
      '192.0.2.7',
      'https://192.0.2.7:1',
      false,
    ],
    ['[dev]\nip = "2001:db8::1"\n', undefined, '2001:db8::1', 'http://[2001:db8::1]:1', false],
    ['[dev]\nip = "0.0.0.0"\n', '127.0.0.1', '127.0.0.1', 'http://localhost:1', true],
    ['[dev]\nlocal_protocol = "https"\n', '0.0.0.0', '0.0.0.0', 'https://localhost:1', false],
  ])('%j with --ip %s is %s', async (text, given, ip, url, isLoopback) => {
    expect(workerAddress(await written('wrangler.toml', text), 1, given)).toMatchObject({
      ip,
      url,
      isLoopback,
    });
  });
});

describe('a Worker whose file asks for another address and https', () => {
  it('is started there, from JSON with comments', async () => {
    await written('worker.js', 'export default { fetch: () => new Response("here") };');
    await written(
      'wrangler.jsonc',
      '{ "name": "w", "main": "worker.js", "compatibility_date": "2026-11-01", // a comment\n "dev": { "ip": "127.0.0.2", "local_protocol": "https" }, }',
    );
    const port = await freePort();
    const config = workerFile(folder, 'wrangler');
    const address = workerAddress(config, port);
    const worker = startWorker({
      config,
      port,
      address,
      envFiles: [],
      storageDirectory: join(folder, 'state'),
      registryDirectory: join(folder, 'registry'),
      onLine: () => undefined,
    });
    try {
      await worker.ready;
      const status = await new Promise<number | undefined>((resolve, reject) => {
        request(`https://127.0.0.2:${port}/`, { rejectUnauthorized: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
      expect(status).toBe(200);
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    } finally {
      await worker.stop();
    }
  });
});
