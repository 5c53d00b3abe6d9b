import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');

/** What vitest would run where only this binary counts as Redis. */
async function filesWith(binary: string): Promise<readonly string[]> {
  const args = [vitest, 'list', '--filesOnly', '--json', '--project', 'integration'];
  const env = { ...process.env, REDIS_SERVER: binary };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env });
  const files: readonly { readonly file: string }[] = JSON.parse(stdout);
  return files.map(({ file }) => file.replace(/^.*\/|\.test\.ts$/g, ''));
}

describe('a machine without a Redis', () => {
  it('runs every test but those of Redis itself', async () => {
    // Any program that answers --version stands for a Redis here: nothing is started.
    const [all, without] = await Promise.all([
      filesWith(process.execPath),
      filesWith('/nowhere/redis-server'),
    ]);
    const missing = all.filter((file) => !without.includes(file));
    expect(without).toEqual(
      expect.arrayContaining(['pipeline', 'rejections', 'revocation-modes', 'dev-stack']),
    );
    expect(missing).toEqual(
      expect.arrayContaining([
        'control-admin',
        'control-backchannel',
        'faults-redis',
        'redis-bridge',
        'revocation-chaos',
        'revocation-contract',
        'revocation-docs',
        'revocation-outage',
      ]),
    );
    // What is left out for Redis must have to do with it.
    for (const file of missing) {
      const text = readFileSync(join(root, `test/integration/${file}.test.ts`), 'utf8');
      expect(text, file).toMatch(/fixtures\/(?:redis|deployment)\.ts'|redis-bridge\.ts'/);
    }
  });
});
