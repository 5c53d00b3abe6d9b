import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { EXIT, UsageError } from '../src/cli/command.ts';
import { workerAddress, workerFile } from '../src/cli/dev/worker-address.ts';
import { addressesFrom, localUrl, parsePort } from './addresses.ts';
import { demoToken, NoToken } from './demo-token.ts';

const root = resolve(import.meta.dirname, '..');
const cli = resolve(root, 'src/cli/portcullis.ts');

/**
 * `portcullis revoke` against the local demo: the admin token comes from the demo issuer, and an identifier is the
 * demo issuer's unless `--issuer` says otherwise. Returns the exit code.
 */
async function main(argv: readonly string[]): Promise<number> {
  const { port, args } = withoutPort(argv);
  const addresses = addressesFrom(parsePort(port));
  const audience = localUrl(addresses.control);
  const control = workerAddress(workerFile(root, 'wrangler.control'), addresses.control);
  const issuer = localUrl(addresses.issuer);
  if (args.includes('--help') || args.includes('-h')) return portcullis(['revoke', ...args], {});

  const token = await demoToken(issuer, { audience, scope: 'revocations:write', sub: 'demo-admin' });
  const issuerIsNamed = args.some((arg) => isCompactJws(arg) || arg.startsWith('--issuer'));
  return portcullis(['revoke', ...args, ...(issuerIsNamed ? [] : ['--issuer', issuer])], {
    PORTCULLIS_URL: control.url,
    // Wrangler signs its local certificate itself.
    ...(control.protocol === 'https' ? { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' } : {}),
    PORTCULLIS_TOKEN: token,
  });
}

/** The token goes through the environment: arguments can be read by every user of the machine. */
async function portcullis(
  args: readonly string[],
  connection: Readonly<Record<string, string>>,
): Promise<number> {
  const env = { ...process.env, ...connection };
  const [code] = await once(spawn(process.execPath, [cli, ...args], { stdio: 'inherit', env }), 'exit');
  return code ?? 1;
}

/** RFC 7515 §7.1: such a token names its issuer itself. */
const isCompactJws = (arg: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(arg);

function withoutPort(argv: readonly string[]): {
  readonly port: string | undefined;
  readonly args: readonly string[];
} {
  const at = argv.findIndex((arg) => arg === '--port' || arg.startsWith('--port='));
  if (at === -1) return { port: undefined, args: argv };
  const [, inline] = (argv[at] ?? '').split('=');
  if (inline === undefined && argv[at + 1] === undefined) throw new UsageError('--port: expected a number.');
  return { port: inline ?? argv[at + 1], args: argv.toSpliced(at, inline === undefined ? 2 : 1) };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof NoToken || error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.failed;
}
