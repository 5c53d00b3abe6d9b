import { CommandFailed, UsageError as Mistyped, type Terminal } from '../src/cli/command.ts';
import { revoke } from '../src/cli/revoke.ts';
import { addressesFrom, localUrl, parsePort, UsageError } from './addresses.ts';
import { demoToken, NoToken } from './demo-token.ts';

/**
 * `portcullis revoke` against the local demo: the admin token comes from the demo issuer, an identifier is the demo
 * issuer's unless `--issuer` says otherwise.
 */
async function main(): Promise<number> {
  const { port, args } = withoutPort(process.argv.slice(2));
  const addresses = addressesFrom(parsePort(port));
  const url = localUrl(addresses.control);
  const issuer = localUrl(addresses.issuer);
  const terminal: Terminal = {
    out: (text) => console.log(text),
    environment: {},
    readStdin: () => Promise.reject(new UsageError('paste the token itself')),
    readFile: () => Promise.reject(new UsageError('the demo needs no token file')),
    now: () => Date.now() / 1000,
  };
  if (args.includes('--help') || args.includes('-h')) {
    terminal.out(revoke.usage);
    return 0;
  }
  const token = await demoToken(issuer, { audience: url, scope: 'revocations:write', sub: 'demo-admin' });
  const named = args.some((arg) => isCompactJws(arg) || arg.startsWith('--issuer'))
    ? []
    : ['--issuer', issuer];
  return revoke.run([...args, ...named, '--url', url], {
    ...terminal,
    environment: { PORTCULLIS_TOKEN: token },
  });
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
  return { port: inline ?? argv[at + 1], args: argv.toSpliced(at, inline === undefined ? 2 : 1) };
}

try {
  process.exitCode = await main();
} catch (error) {
  const expected = [CommandFailed, Mistyped, NoToken, UsageError].some((kind) => error instanceof kind);
  if (!expected) throw error;
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
