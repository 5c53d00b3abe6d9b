import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** `npm run deploy -- …`, without npm; everything here is a dry run. */
const deploy = (...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> =>
  new Promise((done) => {
    const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' };
    execFile(
      process.execPath,
      [join(root, 'dev/deploy.ts'), '--dry-run', ...args],
      { cwd: root, env },
      (error, out, err) => done({ code: typeof error?.code === 'number' ? error.code : 0, said: out + err }),
    );
  });

describe('npm run deploy', () => {
  let folder: string;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portcullis-deploy-'));
    file = join(folder, 'wrangler.toml');
    const policy = (origin: string, section: string) => `
[${section}vars.ISSUERS.acme]
issuer = "https://id.acme.example"
audience = "https://api.acme.example"

[${section}vars.ROUTES.orders]
path = "/orders/*"
origin = "${origin}"
revocation = { mode = "off" }
`;
    await writeFile(join(folder, 'worker.ts'), 'export default { fetch: () => new Response("") };');
    await writeFile(
      file,
      `name = "gateway"
main = "worker.ts"
compatibility_date = "2026-11-01"
${policy('https://orders.acme.example', '')}${policy('http://localhost:8789', 'env.staging.')}`,
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('hands a sound configuration on to wrangler, with its arguments', async () => {
    const { code, said } = await deploy('--config', file);
    expect([code, said]).toEqual([0, expect.stringContaining('--dry-run: exiting now.')]);
  });

  it.each([
    ['--config', '--env'],
    ['-c', '-e'],
  ])('checks the environment that %s and %s name, and does not go on', async (config, environment) => {
    const { code, said } = await deploy(config, file, environment, 'staging');
    expect([code, said]).toEqual([1, expect.stringContaining('ROUTES.orders.origin')]);
    expect(said).toContain('Nothing was deployed.');
    expect(said).not.toContain('exiting now');
    expect((await deploy(`--config=${file}`, `--env=staging`)).code).toBe(1);
  });
});
