import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { visibleText } from '../core/visible-text.ts';
import { CommandFailed } from './command.ts';
import type { PolicyTold } from './policy-worker.ts';
import type { Table } from './wrangler-source.ts';

/** A policy that is given in code, and the module it was found in. */
export interface PolicyModule {
  readonly file: string;
  /** As `createGateway` takes them: `ISSUERS`, `ROUTES`, … */
  readonly tables: Table;
}

interface BundleResult {
  readonly outputFiles: readonly { readonly text: string }[];
}

/** What is used of esbuild, which is wrangler's: the package has no bundler of its own. */
interface Bundler {
  build(options: object): Promise<BundleResult>;
}

interface PluginBuild {
  onResolve(options: object, resolve: () => object): void;
  onLoad(options: object, load: () => object): void;
}

export const isModule = (file: string): boolean => /\.[cm]?[jt]s$/.test(file);

/**
 * Loads a module as the Worker would have it and takes what it hands to `createGateway`, or, where it calls that nowhere,
 * its default export. The module is run, with its imports, and with Portcullis and the Workers runtime left out. Does NOT
 * hand it an `env`: a policy that needs one is not known before the Worker runs.
 * @param modules a folder of packages beside those that the module finds itself
 * @param deadlineMs how long it may run
 * Throws `CommandFailed` where it has none, has several, or does not come to its end.
 */
export async function loadPolicyModule(
  file: string,
  modules?: string,
  deadlineMs = DEADLINE_MS,
): Promise<PolicyModule> {
  if (!isModule(file)) {
    throw new CommandFailed(
      visibleText(`${file} is no module: its name ends in .ts, .mts, .cts, .js, .mjs or .cjs.`),
    );
  }
  if (!existsSync(file)) throw new CommandFailed(visibleText(`${file} is not there.`));
  const text = await bundled(file, modules);
  const told = await running(file, text, deadlineMs);
  switch (told.outcome) {
    case 'policy':
      return { file, tables: told.tables };
    case 'several':
      throw new CommandFailed(
        visibleText(`${file} calls createGateway ${told.count} times: name a module that has one policy.`),
      );
    case 'none':
      throw new CommandFailed(
        visibleText(
          `${file} has no policy: export default { ISSUERS: …, ROUTES: … }, or createGateway of it.`,
        ),
      );
    case 'unreadable':
      throw new CommandFailed(visibleText(`${file} has a policy that cannot be read: ${told.why}`));
  }
}

/** A policy takes no time: a module that is still running waits for what never comes, or goes round in a circle. */
const DEADLINE_MS = 10_000;
const WORKER = new URL(`./policy-worker${extname(import.meta.url)}`, import.meta.url);

/**
 * In a thread of its own: a module that ends the process, waits for what never comes or never comes to an end must not look
 * like a policy that is in order, and must not keep who asked.
 */
async function running(file: string, text: string, deadlineMs: number): Promise<PolicyTold> {
  const failed = (why: string) => new CommandFailed(visibleText(`${file} cannot be loaded: ${why}`));
  const worker = new Worker(WORKER, {
    workerData: `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`,
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<PolicyTold>((done, fail) => {
      worker.once('message', done);
      worker.once('error', (error) => fail(failed(textOf(error))));
      worker.once('exit', () => fail(failed('it ended before it said its policy.')));
      const late = `it was still running after ${deadlineMs / 1000} s; a policy must not wait for anything.`;
      timer = setTimeout(() => fail(failed(late)), deadlineMs);
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

/** Of an option that may be left out. */
export const inCodeOf = async (file: string | undefined): Promise<PolicyModule | undefined> =>
  file === undefined ? undefined : await loadPolicyModule(file);

async function bundled(file: string, modules: string | undefined): Promise<string> {
  const { build } = bundler();
  const entry = `export { default } from ${JSON.stringify(`./${relativeName(file)}`)};\nexport { given } from 'portcullis';\n`;
  try {
    const { outputFiles } = await build({
      stdin: { contents: entry, resolveDir: dirname(resolve(file)), loader: 'ts' },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
      conditions: ['workerd', 'worker', 'browser'],
      logLevel: 'silent',
      nodePaths: modules === undefined ? [] : [modules],
      plugins: [{ name: 'left-out', setup: leaveOut }],
    });
    return outputFiles[0]?.text ?? '';
  } catch (error) {
    throw new CommandFailed(visibleText(`${file} cannot be loaded: ${textOf(error)}`));
  }
}

const relativeName = (file: string): string => resolve(file).slice(dirname(resolve(file)).length + 1);

/** `createGateway` keeps what it is given; of all else only the names are there. */
const PORTCULLIS = `export const given = [];
export const createGateway = (config = {}) => {
  given.push(config);
  return { fetch() {} };
};
`;
const NOTHING = `module.exports = new Proxy({}, { get: (_, name) => (name === '__esModule' ? true : class {}) });\n`;

function leaveOut(build: PluginBuild): void {
  build.onResolve({ filter: /^portcullis$/ }, () => ({ path: 'portcullis', namespace: 'portcullis' }));
  build.onResolve({ filter: /^(?:portcullis\/.*|cloudflare:.*)$/ }, () => ({
    path: 'nothing',
    namespace: 'nothing',
  }));
  build.onLoad({ filter: /.*/, namespace: 'portcullis' }, () => ({ contents: PORTCULLIS, loader: 'js' }));
  build.onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: NOTHING, loader: 'js' }));
}

/** The one of the project's wrangler, which bundles the Worker as well. */
function bundler(): Bundler {
  const project = createRequire(join(process.cwd(), 'package.json'));
  try {
    const wrangler = createRequire(project.resolve('wrangler/package.json'));
    const esbuild: Bundler = wrangler('esbuild');
    return esbuild;
  } catch {
    throw new CommandFailed(
      'A policy in code is loaded with the bundler of wrangler, which is not installed here: npm install -D wrangler',
    );
  }
}

/** esbuild's own summary of its errors begins with a line that says how many there are. */
function textOf(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return said.replace(/^Build failed with \d+ errors?:\n/, '').split('\n')[0] ?? '';
}
