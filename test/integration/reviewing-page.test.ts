import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { run } from '../../src/cli/run.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

completeRuntime();

const page = readFileSync(join(import.meta.dirname, '../../docs/reviewing.md'), 'utf8');
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text);

/** `$ portcullis …` and what it printed. */
const examples = blocks('text').map((text) => {
  const [first = '', ...said] = text.split('\n');
  const words = [...first.replace('$ portcullis ', '').matchAll(/'([^']*)'|(\S+)/g)];
  return {
    command: first,
    args: words.map(([, quoted, bare]) => quoted ?? bare ?? ''),
    said: said.join('\n'),
  };
});

describe('docs/reviewing.md', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-reviewing-'));
    for (const [index, text] of blocks('toml').entries()) {
      writeFileSync(
        join(
          folder,
          ['old.toml', 'new.toml', 'audited.toml', 'portcullis.audit.toml'][index] ?? `${index}.toml`,
        ),
        text,
      );
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has examples', () => expect(examples.length).toBeGreaterThan(0));

  it.each(examples)('prints what the page says: $command', async ({ args, said: expected }) => {
    const { said, terminal } = recordingTerminal({
      exists: async () => true,
      readFile: async (path) => readFileSync(path, 'utf8'),
    });
    const inFolder = args.map((word) => (word.endsWith('.toml') ? join(folder, word) : word));
    await run(inFolder, terminal);
    expect(said.all.replaceAll(`${folder}/`, '').trim()).toBe(expected.trim());
  });
});
