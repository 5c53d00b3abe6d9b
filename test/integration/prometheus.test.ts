import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { send } from '../fixtures/client.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { freePort } from '../fixtures/loopback-port.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { PROMETHEUS, PROMTOOL } from '../fixtures/prometheus.ts';
import { SCRAPE_TOKEN, startScraped } from '../fixtures/scraped.ts';
import type { Gateway } from '../fixtures/workerd.ts';

let issuer: Issuer;
let origin: Origin;
let gateway: Gateway;
let folder: string;
let server: ChildProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-prometheus-'));
  [issuer, origin] = await Promise.all([startIssuer(), startOrigin()]);
  gateway = await startScraped(issuer, origin);
  for (let i = 0; i < 5; i++) await send(gateway, 'GET', '/orders/1');
});

afterAll(async () => {
  if (server !== undefined) {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
  await Promise.all([issuer?.stop(), origin?.stop(), gateway?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

const REQUESTS = 'portcullis_requests_total{reason="credentials_missing",route="orders"}';

it('promtool finds nothing wrong with the text', async () => {
  const text = await vi.waitFor(
    async () => {
      const answer = await fetch(`${gateway.controlUrl}/metrics`, {
        headers: { Authorization: `Bearer ${SCRAPE_TOKEN}` },
      });
      const found = await answer.text();
      expect(found).toContain('reason="credentials_missing"');
      return found;
    },
    { timeout: 25_000, interval: 250 },
  );
  const checked = spawnSync(PROMTOOL, ['check', 'metrics'], { input: text, encoding: 'utf8' });
  expect([checked.stdout, checked.stderr, checked.status]).toEqual(['', '', 0]);
});

it.each([
  ['check', 'portcullis.rules.yml'],
  ['test', 'portcullis.rules.test.yml'],
])('promtool finds nothing wrong with the example: %s rules %s', (verb, file) => {
  const cwd = join(REPOSITORY, 'examples/prometheus-grafana');
  const { stdout, stderr, status } = spawnSync(PROMTOOL, [verb, 'rules', file], { cwd, encoding: 'utf8' });
  expect([stderr, status], stdout).toEqual(['', 0]);
});

it('a real Prometheus scrapes it, in OpenMetrics and with its exemplars', async () => {
  const port = await freePort();
  await writeFile(join(folder, 'token'), SCRAPE_TOKEN);
  await writeFile(
    join(folder, 'prometheus.yml'),
    `scrape_configs:
  - job_name: portcullis
    scrape_interval: 1s
    authorization: { credentials_file: ${join(folder, 'token')} }
    static_configs: [{ targets: ['${new URL(gateway.controlUrl).host}'] }]
`,
  );
  const options = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--enable-feature=exemplar-storage',
  ];
  server = spawn(PROMETHEUS, options, { stdio: 'ignore' });
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).json();
  await vi.waitFor(
    async () => {
      expect(await ask(`query?query=${encodeURIComponent(REQUESTS)}`)).toMatchObject({
        data: { result: [{ value: [expect.any(Number), '5'] }] },
      });
    },
    { timeout: 25_000, interval: 250 },
  );
  const now = Date.now() / 1e3;
  const found = await ask(
    `query_exemplars?query=${encodeURIComponent(REQUESTS)}&start=${now - 600}&end=${now + 60}`,
  );
  expect(found).toMatchObject({
    data: [{ exemplars: [{ labels: { trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) } }] }],
  });
});
