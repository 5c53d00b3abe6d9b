import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_PORT } from '../../dev/addresses.ts';
import { freeFirstPort, REPOSITORY, Session } from '../fixtures/demo.ts';

/** The commands of "Sixty seconds", in their order: each with what README.md prints below it. */
const [, tour = ''] =
  /\n## Sixty seconds\n([\s\S]*?)\n## /.exec(readFileSync(join(REPOSITORY, 'README.md'), 'utf8')) ?? [];
const steps = [...tour.matchAll(/```console\n([\s\S]*?)```/g)]
  .flatMap(([, block = '']) => block.split(/^\$ /m).slice(1))
  .map((step) => {
    const [command = '', ...printed] = step.trimEnd().split('\n');
    return { command, printed: printed.join('\n') };
  });

/** Says in both texts alike what is of one's own: identifiers, times, and what stands for it. */
const abstract = (text: string): string =>
  text
    .replaceAll('\r', '')
    .replace(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, 'IDENTIFIER')
    .replace(/"reference":"[\da-f]{32}"/g, '"reference":"REFERENCE"')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \((?:in )?\d+ (?:s|min)(?: ago)?\)/g, 'TIME')
    .replace(/^(current|next) {2,}[\w-]{43} /gm, '$1 KEY ')
    .trim();

/** A line `...` stands for any lines, and none. */
function pattern(printed: string): RegExp {
  const lines = abstract(printed)
    .split('\n')
    .map((line) => (line.trim() === '...' ? '(?:.*\\n)*?' : `${RegExp.escape(line)}\\n`));
  return new RegExp(`^${lines.join('')}$`);
}

describe('the tour of README.md, against npm run dev', () => {
  let demo: Session;
  let state: string;
  let first: number;

  beforeAll(async () => {
    first = await freeFirstPort();
    state = await mkdtemp(join(tmpdir(), 'portcullis-tour-'));
    demo = new Session('dev', '--port', `${first}`, '--state', state);
    await demo.says('Ctrl-C ends it all');
  });
  afterAll(async () => {
    await demo.interrupt();
    await rm(state, { recursive: true, force: true });
  });

  /** The same on the ports that are in use here. */
  const here = (command: string) =>
    command
      .replaceAll(/localhost:(87\d\d)/g, (_, port) => `localhost:${first + Number(port) - DEFAULT_PORT}`)
      .replace(/(npm run --silent \w+ --)/, `$1 --port ${first}`);
  const there = (printed: string) =>
    printed.replaceAll(/localhost:(\d+)/g, (_, port) => `localhost:${DEFAULT_PORT + Number(port) - first}`);

  it('prints what it says, command by command, in one shell', async () => {
    expect(steps.length).toBeGreaterThan(7);
    const MARK = '-- the next command --';
    const script = steps.map(({ command }) => `${here(command)}\necho\necho '${MARK}'`).join('\n');
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: REPOSITORY });
    const outputs = there(stdout).split(`\n${MARK}\n`);
    for (const [index, { command, printed }] of steps.entries()) {
      expect(`${abstract(outputs[index] ?? '')}\n`, command).toMatch(
        printed === '' ? /^\n$/ : pattern(printed),
      );
    }
  });

  it('names addresses that the demo prints', () => {
    const named = [...tour.matchAll(/<(http:\/\/localhost:\d+\/[^>]*)>/g)].map(([, url = '']) => url);
    expect(named).not.toEqual([]);
    for (const url of named) expect(there(demo.output)).toContain(url);
  });
});
