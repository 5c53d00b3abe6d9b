#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type Command, CommandFailed, EXIT, printable, type Terminal, UsageError } from './command.ts';
import { list } from './list.ts';
import { lookup } from './lookup.ts';
import { revoke } from './revoke.ts';
import { unrevoke } from './unrevoke.ts';

const COMMANDS: ReadonlyMap<string, Command> = new Map(Object.entries({ revoke, unrevoke, lookup, list }));

/** Commands that are programs of their own, with a command line of their own. */
const PROGRAMS: ReadonlyMap<string, { readonly file: string; readonly summary: string }> = new Map([
  ['check', { file: './check.ts', summary: 'check the configuration of the gateway' }],
]);

const USAGE = `portcullis <command> [options]

${[...COMMANDS, ...PROGRAMS].map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`).join('\n')}

portcullis <command> --help explains one. Exit codes: 0 done, 1 refused, 2 mistyped,
3 not available (run it again), 4 not revoked (lookup).`;

const terminal: Terminal = {
  out: (line) => process.stdout.write(`${line}\n`),
  environment: process.env,
  readStdin: () => text(process.stdin),
  readFile: (path) => readFile(path, 'utf8'),
  now: () => Date.now() / 1000,
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal.out(USAGE);
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  const program = PROGRAMS.get(name);
  if (program !== undefined) {
    process.argv.splice(1, 2, new URL(program.file, import.meta.url).pathname);
    await import(new URL(program.file, import.meta.url).href);
    return Number(process.exitCode ?? EXIT.done);
  }
  const command = COMMANDS.get(name);
  if (command === undefined) throw new UsageError(`There is no command "${printable(name)}".\n\n${USAGE}`);
  if (args.includes('--help') || args.includes('-h')) {
    terminal.out(command.usage);
    return EXIT.done;
  }
  try {
    return await command.run(args, terminal);
  } catch (error) {
    throw isMistyped(error) ? new UsageError(`${error.message}\n\n${command.usage}`) : error;
  }
}

/** `parseArgs` throws a `TypeError` with a code for what it does not know. */
const isMistyped = (error: unknown): error is TypeError =>
  error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError || error instanceof CommandFailed) {
    console.error(error.message);
    process.exitCode = error instanceof CommandFailed ? error.exitCode : EXIT.usage;
  } else throw error;
}
