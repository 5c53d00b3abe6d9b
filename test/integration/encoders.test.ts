import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revocationKey } from '../../src/core/key-names.ts';

const run = promisify(execFile);

/** Every printable ASCII character, and characters of two, three and four bytes. */
const PART = `${String.fromCharCode(...Array.from({ length: 95 }, (_, index) => index + 32))}é赵😀`;
const EXPECTED = revocationKey('jti', 'i', PART).split(':')[2] ?? '';

/** Runs a row's expression over `PART`, which it finds in the environment. */
interface Language {
  readonly command: string;
  arguments(expression: string): Promise<readonly string[]>;
  /** What the documented function leaves bare and makes of a space, where the language is not installed. */
  readonly documented: { readonly bare: RegExp; readonly space: string };
}

const UNRESERVED = /[A-Za-z0-9\-._~]/;
let folder: string;

async function file(name: string, text: string): Promise<readonly string[]> {
  const path = join(folder, name);
  await writeFile(path, text);
  return [path];
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  Python: {
    command: 'python3',
    arguments: async (expression) => [
      '-c',
      `import os, urllib.parse\npart = os.environ['PART']\nprint(${expression}, end='')`,
    ],
    documented: { bare: UNRESERVED, space: '%20' },
  },
  Go: {
    command: 'go',
    arguments: async (expression) => [
      'run',
      ...(await file(
        'main.go',
        `package main\nimport ("fmt"; "net/url"; "os"; "strings")\nfunc main() {\npart := os.Getenv("PART")\nfmt.Print(${expression})\n}\n`,
      )),
    ],
    documented: { bare: UNRESERVED, space: '+' },
  },
  Java: {
    command: 'java',
    arguments: async (expression) =>
      file(
        'Encode.java',
        `import java.net.URLEncoder;\nimport static java.nio.charset.StandardCharsets.UTF_8;\npublic class Encode {\npublic static void main(String[] a) {\nString part = System.getenv("PART");\nSystem.out.print(${expression});\n}\n}\n`,
      ),
    documented: { bare: /[A-Za-z0-9.\-*_]/, space: '+' },
  },
  JavaScript: {
    command: process.execPath,
    arguments: async (expression) => [
      '-e',
      `const part = process.env.PART; process.stdout.write(${expression})`,
    ],
    documented: { bare: /[A-Za-z0-9\-_.!~*'()]/, space: '%20' },
  },
  PHP: {
    command: 'php',
    arguments: async (expression) => ['-r', `$part = getenv('PART'); echo ${expression};`],
    documented: { bare: UNRESERVED, space: '%20' },
  },
  Ruby: {
    command: 'ruby',
    arguments: async (expression) => ['-rerb', '-e', `part = ENV['PART']; print ${expression}`],
    documented: { bare: UNRESERVED, space: '%20' },
  },
  'C#': {
    command: 'pwsh',
    arguments: async (expression) => [
      '-NoProfile',
      '-Command',
      `$part = $env:PART; [Console]::Out.Write([${expression.replace('(part)', ']::EscapeDataString($part)').replace('.EscapeDataString]', ']')})`,
    ],
    documented: { bare: UNRESERVED, space: '%20' },
  },
  jq: {
    command: 'jq',
    arguments: async (expression) => ['-rnj', `env.PART | ${expression}`],
    documented: { bare: /[A-Za-z0-9\-_.~!*'()]/, space: '%20' },
  },
};

const isInstalled = (command: string): Promise<boolean> =>
  run(command, ['--version']).then(
    () => true,
    ({ code }) => code !== 'ENOENT',
  );

/** The rows of the table in docs/redis-schema.md, as a person reads them. */
async function documentedRows(): Promise<readonly (readonly [language: string, expression: string])[]> {
  const page = await readFile(new URL('../../docs/redis-schema.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf('| language | encode one part |'));
  const rows = table.slice(0, table.indexOf('\n\n')).split('\n').slice(2);
  return rows.map((row) => {
    const [, language = '', expression = ''] = /^\| (\S+) \| `(.*)` \|$/.exec(row) ?? [];
    return [language, expression.replaceAll('\\|', '|')];
  });
}

/** As its documentation has the function, with the replacements of the row on top. */
function modelled({ bare, space }: Language['documented'], expression: string): string {
  const encoded = [...new TextEncoder().encode(PART)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (character === ' ') return space;
      return byte < 128 && bare.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
  const replaced = /, "\+", "%20"|replace\("\+", "%20"\)/.test(expression)
    ? encoded.replaceAll('+', '%20')
    : encoded;
  const pairs = [...expression.matchAll(/(?:replace\(|[{,])"([^+"])"(?:, |:)"(%[^"]+)"/g)];
  return pairs.reduce((text, [, from = '', to = '']) => text.replaceAll(from, to), replaced);
}

describe('docs/redis-schema.md: the encoders', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portcullis-encoders-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are there for these languages', async () => {
    expect((await documentedRows()).map(([language]) => language)).toEqual(Object.keys(LANGUAGES));
  });

  it.each(Object.keys(LANGUAGES))('%s makes the name that the gateway looks up', async (name) => {
    const [, expression = ''] = (await documentedRows()).find(([language]) => language === name) ?? [];
    const language = LANGUAGES[name];
    if (language === undefined) throw new TypeError('no such language');
    if (!(await isInstalled(language.command))) {
      expect(modelled(language.documented, expression)).toBe(EXPECTED);
      return;
    }
    const environment = { ...process.env, PART, LC_ALL: 'C.UTF-8', PYTHONIOENCODING: 'utf-8' };
    const { stdout } = await run(language.command, [...(await language.arguments(expression))], {
      env: environment,
    });
    expect(stdout).toBe(EXPECTED);
  });
});
