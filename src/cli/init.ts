import { basename, join, resolve } from 'node:path';
import { parseOrigin } from '../config/address.ts';
import { parseEndpoint } from '../config/endpoint.ts';
import { isPlainText } from '../config/fields.ts';
import { didYouMean, quoted } from '../config/problem.ts';
import { visibleText } from '../core/visible-text.ts';
import { readArguments } from './arguments.ts';
import { type Command, CommandFailed, EXIT, type Terminal, UsageError } from './command.ts';
import { type Answers, ENTRY_FILE, STORES } from './init/answers.ts';
import { type Manifest, manifestWith } from './init/manifest.ts';
import { projectFiles } from './init/project.ts';
import { PROVIDERS, type Provider, type ProviderName } from './init/providers.ts';
import { ownManifest } from './manifest.ts';

const NAMES = Object.keys(PROVIDERS).filter((name): name is ProviderName => name in PROVIDERS);

const USAGE = `Makes a project of one's own: wrangler.toml with a commented policy, one entry file, scripts and .gitignore.

  portcullis init [folder]           this folder by default

  --provider <name>   ${NAMES.join(', ')}
  --issuer <text>     the "iss" of its tokens, exactly
  --audience <text>   what names this API in its tokens
  --origin <url>      where requests go: https://host[:port]
  --store <name>      ${STORES.join(' (a Durable Object, nothing to install) or ')}; ${STORES[0]} by default
  --name <name>       of the Worker; the folder's name by default
  --in-code           the policy in TypeScript, in the entry file, instead of in wrangler.toml
  --help

What is not given is asked for, on a terminal. Files that are there are never written over; a package.json that is there
keeps what it has.`;

export const init: Command = {
  summary: 'make a project of your own',
  usage: USAGE,
  async run(args, terminal) {
    const { values, positionals } = readArguments(args, OPTIONS, true);
    const [folder = '.', ...more] = positionals;
    if (more.length > 0) throw new UsageError(`one folder, not ${positionals.length}`);
    const answers = await answersFrom(values, folder, terminal);
    const files = projectFiles(answers);
    for (const path of Object.keys(files)) {
      if (await terminal.exists(join(folder, path))) {
        throw new CommandFailed(`${visibleText(join(folder, path))} is there already; nothing was written`);
      }
    }
    const manifest = await manifestOf(folder, answers, terminal);
    for (const [path, text] of Object.entries({ ...files, 'package.json': manifest })) {
      await terminal.writeFile(join(folder, path), text);
      terminal.out(`wrote ${visibleText(join(folder, path))}`);
    }
    terminal.out(nextSteps(folder));
    return EXIT.done;
  },
};

const OPTIONS = {
  provider: { type: 'string' },
  issuer: { type: 'string' },
  audience: { type: 'string' },
  origin: { type: 'string' },
  store: { type: 'string' },
  name: { type: 'string' },
  'in-code': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

type Named = {
  readonly [name in 'provider' | 'issuer' | 'audience' | 'origin' | 'store' | 'name']?: string;
};
type Values = Named & { readonly 'in-code': boolean };

async function answersFrom(values: Values, folder: string, terminal: Terminal): Promise<Answers> {
  const missing = (['provider', 'issuer', 'audience', 'origin'] as const).filter(
    (name) => values[name] === undefined,
  );
  if (missing.length > 0 && terminal.ask === undefined) {
    throw new UsageError(
      `not a terminal, so nothing can be asked for: ${missing.map((name) => `--${name}`).join(', ')} needed`,
    );
  }
  const ask = async (name: keyof Named, question: string, read: Reader) =>
    values[name] === undefined ? await asked(question, read, terminal) : given(name, values[name], read);
  const provider = (await ask('provider', `Provider (${NAMES.join(', ')})`, word(NAMES))) as ProviderName;
  const { title, issuer, audience }: Provider = PROVIDERS[provider];
  return {
    provider,
    issuer: await ask('issuer', `Issuer, the "iss" of ${title}'s tokens, such as ${issuer}`, readIssuer),
    audience: await ask('audience', `Audience, such as ${audience}`, readAudience),
    origin: await ask('origin', 'Origin, such as https://api.internal.example', readOrigin),
    store: given('store', values.store ?? STORES[0], word(STORES)) as Answers['store'],
    name: given('name', values.name ?? workerName(folder), readName),
    inCode: values['in-code'],
  };
}

/** What was typed, as it is to be written, or what is allowed instead. */
type Reader = (typed: string) => { readonly value: string } | { readonly allowed: string };

const word =
  (words: readonly string[]): Reader =>
  (typed) => {
    if (words.includes(typed)) return { value: typed };
    const hint = didYouMean(typed, words);
    return { allowed: `${quoted(words)}${hint === undefined ? '' : ` (${hint})`}` };
  };

/** Every provider's keys are discovered, so its issuer is a URL (OpenID Connect Discovery 1.0 §4). */
const readIssuer: Reader = (typed) => {
  const url = parseEndpoint(typed);
  return url !== undefined && url.search === ''
    ? { value: typed }
    : { allowed: 'an https URL without query and fragment, exactly as "iss" has it' };
};

const readAudience: Reader = (typed) =>
  isPlainText(typed) && typed !== '*' ? { value: typed } : { allowed: 'the exact text, no wildcard' };

const readOrigin: Reader = (typed) =>
  parseOrigin(typed)?.kind === 'url'
    ? { value: typed }
    : { allowed: 'an https URL of the origin, without query (http only to localhost)' };

const readName: Reader = (typed) =>
  /^[a-z0-9][a-z0-9-]{0,62}$/.test(typed)
    ? { value: typed }
    : { allowed: '1 to 63 of a-z, 0-9 and "-": give --name' };

function given(name: string, typed: string, read: Reader): string {
  const answer = read(typed);
  if ('allowed' in answer) {
    throw new UsageError(`--${name} "${visibleText(typed)}"; allowed: ${answer.allowed}`);
  }
  return answer.value;
}

async function asked(question: string, read: Reader, { ask, err }: Terminal): Promise<string> {
  for (;;) {
    const typed = (await ask?.(`${question}: `))?.trim();
    if (typed === undefined) throw new CommandFailed('no answer; nothing was written');
    const answer = read(typed);
    if ('value' in answer) return answer.value;
    err(`allowed: ${answer.allowed}`);
  }
}

const workerName = (folder: string): string =>
  basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');

async function manifestOf(folder: string, { name, inCode }: Answers, terminal: Terminal): Promise<string> {
  const path = join(folder, 'package.json');
  const { version, devDependencies } = ownManifest();
  const versions = { portcullis: `^${version}`, wrangler: devDependencies.wrangler ?? '4' };
  let existing: Manifest = {};
  if (await terminal.exists(path)) {
    try {
      existing = Object(JSON.parse(await terminal.readFile(path)));
    } catch {
      throw new CommandFailed(`${visibleText(path)} is not JSON; nothing was written`);
    }
  }
  return `${JSON.stringify(manifestWith(existing, { name, policy: inCode ? ENTRY_FILE : undefined, versions }), null, 2)}\n`;
}

const nextSteps = (folder: string): string => `
Next:
${folder === '.' ? '' : `  cd ${visibleText(folder)}\n`}  npm install
  npm run check      # reads the policy and says what is wrong with it
  npm test           # tries requests against it, offline
  npm run dev        # the gateway on http://127.0.0.1:8787, with stand-ins for issuers and origins
`;
