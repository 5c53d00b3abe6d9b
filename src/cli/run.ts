import { didYouMean } from '../config/problem.ts';
import { visibleText } from '../core/visible-text.ts';
import { audit } from './audit.ts';
import { check } from './check.ts';
import { type Command, CommandFailed, EXIT, type Terminal, UsageError } from './command.ts';
import { dev } from './dev.ts';
import { diff } from './diff.ts';
import { explain } from './explain.ts';
import { grants } from './grants.ts';
import { importCommand } from './import.ts';
import { init } from './init.ts';
import { keys } from './keys.ts';
import { list } from './list.ts';
import { lookup } from './lookup.ts';
import { ownManifest } from './manifest.ts';
import { revoke } from './revoke.ts';
import { store } from './store.ts';
import { test } from './test.ts';
import { token } from './token.ts';
import { unrevoke } from './unrevoke.ts';

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    init,
    check,
    test,
    dev,
    token,
    explain,
    diff,
    audit,
    revoke,
    unrevoke,
    lookup,
    list,
    store,
    keys,
    grants,
    import: importCommand,
  }),
);

const USAGE = `portcullis <command> [options]

${[...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`).join('\n')}

  portcullis <command> --help   explains one
  portcullis --version

Exit codes: 0 done, 1 refused, 2 mistyped, 3 not available (run it again), 4 not revoked (lookup).`;

/** Runs one command line, without the program's name, and returns the exit code. Throws for a bug alone. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(argv, terminal);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof CommandFailed)) throw error;
    terminal.err(error.message);
    return error instanceof CommandFailed ? error.exitCode : EXIT.usage;
  }
}

async function dispatch([name, ...args]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === undefined) {
    terminal.err(USAGE);
    return EXIT.usage;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    if (args[0] !== undefined) return await dispatch([args[0], '--help'], terminal);
    terminal.out(USAGE);
    return EXIT.done;
  }
  if (name === '--version' || name === '-v' || name === 'version') {
    terminal.out(ownManifest().version);
    return EXIT.done;
  }
  const command = COMMANDS.get(name);
  if (command === undefined) throw new UsageError(unknownText(name));
  if (args.includes('--help') || args.includes('-h')) {
    terminal.out(command.usage);
    return EXIT.done;
  }
  try {
    return await command.run(args, terminal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message}\n\nportcullis ${name} --help explains it.`);
  }
}

function unknownText(name: string): string {
  const hint = didYouMean(name, COMMANDS.keys());
  const what = name.startsWith('-') ? 'option' : 'command';
  const meant = hint === undefined ? '' : ` ${hint.replace(/^d/, 'D')}`;
  return `There is no ${what} "${visibleText(name)}".${meant}\n\n${USAGE}`;
}
