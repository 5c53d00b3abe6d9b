import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { EXIT, UsageError } from '../src/cli/command.ts';
import { type WorkerAddress, workerAddress, workerFile } from '../src/cli/dev/worker-address.ts';
import { addressesFrom, parsePort } from './addresses.ts';
import { type Demo, NoToken } from './demo-token.ts';

const root = resolve(import.meta.dirname, '..');

/** One of `portcullis`' commands for admins, against the local demo. */
export interface AdminCommand {
  /** As `portcullis` calls it. */
  readonly name: string;
  /** Which Worker's API it calls: its file, and the variable that says where it is. */
  readonly file: 'wrangler.control' | 'wrangler.token-service';
  readonly port: 'control' | 'issuer';
  readonly variable: string;
  /** An admin's token for it. Throws `NoToken`. */
  readonly token: (demo: Demo) => Promise<string>;
  /** What is added to the arguments. */
  readonly more: (args: readonly string[], demo: Demo) => readonly string[];
}

/** Runs it with the arguments of this process, `--port` apart, and ends with its exit code. */
export async function runAdminCommand(command: AdminCommand): Promise<void> {
  try {
    process.exitCode = await main(command, process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof NoToken || error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}

async function main(command: AdminCommand, argv: readonly string[]): Promise<number> {
  const { port, args } = withoutPort(argv);
  const demo = { root, addresses: addressesFrom(parsePort(port)) };
  if (args.includes('--help') || args.includes('-h')) return portcullis([command.name, ...args], {});
  const token = await command.token(demo);
  const worker = workerAddress(workerFile(root, command.file), demo.addresses[command.port]);
  return portcullis([command.name, ...args, ...command.more(args, demo)], connection(command, worker, token));
}

/** The token goes through the environment: arguments can be read by every user of the machine. */
const connection = (
  { variable }: AdminCommand,
  { url, protocol }: WorkerAddress,
  token: string,
): Readonly<Record<string, string>> => ({
  [variable]: url,
  // Wrangler signs its local certificate itself.
  ...(protocol === 'https' ? { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' } : {}),
  PORTCULLIS_TOKEN: token,
});

async function portcullis(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  const program = resolve(root, 'src/cli/portcullis.ts');
  const env = { ...process.env, ...environment };
  const [code] = await once(spawn(process.execPath, [program, ...args], { stdio: 'inherit', env }), 'exit');
  return code ?? 1;
}

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
