import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { filesOf } from '../src/cli/wrangler-source.ts';

/**
 * `wrangler deploy` with the same arguments, once the configuration that it would take has no problems: the file of
 * `--config`, the environment of `--env`. npm hands arguments to a script and not to its `pre` script.
 */
const root = resolve(import.meta.dirname, '..');
const wrangler = join(createRequire(import.meta.url).resolve('wrangler/package.json'), '../bin/wrangler.js');
const args = process.argv.slice(2);
const { values } = parseArgs({
  args,
  strict: false,
  options: { config: { type: 'string', short: 'c' }, env: { type: 'string', short: 'e' } },
});
const given = (name: 'config' | 'env') =>
  typeof values[name] === 'string' && values[name] !== '' ? [`--${name}`, values[name]] : [];

function run(program: string, ...more: readonly string[]): number {
  const { status } = spawnSync(process.execPath, [program, ...more], { cwd: root, stdio: 'inherit' });
  return status ?? 1;
}

const config =
  given('config').length > 0
    ? given('config')
    : ['--config', filesOf(root, 'wrangler')[0] ?? 'wrangler.toml'];
const checked = run(join(root, 'src/cli/portcullis.ts'), 'check', '--deploy', ...config, ...given('env'));
if (checked !== 0) console.error('\nNothing was deployed.');
process.exitCode = checked === 0 ? run(wrangler, 'deploy', ...args) : checked;
