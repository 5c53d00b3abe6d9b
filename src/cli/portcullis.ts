#!/usr/bin/env node
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { visibleText } from '../core/visible-text.ts';
import { CommandFailed, type Terminal } from './command.ts';
import { fileFault } from './file-fault.ts';
import { completeRuntime } from './offline/runtime.ts';
import { run } from './run.ts';

completeRuntime();
// Who reads along may stop reading: `portcullis list | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const terminal: Terminal = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  environment: process.env,
  readStdin: () => text(process.stdin),
  readFile: (path) => readFile(path, 'utf8'),
  exists: (path) =>
    access(path).then(
      () => true,
      () => false,
    ),
  writeFile: async (path, content) => {
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    } catch (error) {
      throw new CommandFailed(visibleText(`${path} cannot be written: ${fileFault(error)}`));
    }
  },
  ...(process.stdin.isTTY && { ask }),
  now: () => Date.now() / 1000,
};

async function ask(question: string): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const ended = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
  try {
    return await Promise.race([lines.question(question), ended]);
  } finally {
    lines.close();
  }
}

process.exitCode = await run(process.argv.slice(2), terminal);
