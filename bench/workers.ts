import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { buildBundle } from '../test/fixtures/bundle.ts';
import { capnpText } from '../test/fixtures/workerd-config.ts';
import { type Server, startWorkerd } from './processes.ts';

const COMPATIBILITY_DATE = '2026-11-01';

/** Alike for all: without it the p99 of a busy workerd is the garbage collector's (docs/performance.md). */
const V8_FLAGS = ['--min-semi-space-size=32', '--max-semi-space-size=32'];

/** How a Worker is run once its configuration is written. */
export interface Runtime {
  readonly v8Flags: readonly string[];
  start(configFile: string): Promise<Server>;
}

const BARE: Runtime = { v8Flags: V8_FLAGS, start: startWorkerd };

/** Bundles a contender as wrangler would: ESM, minified, for workerd. */
export async function bundleContender(name: string, folder: string): Promise<string> {
  const outfile = join(folder, `${name}.js`);
  await build({
    entryPoints: [join(import.meta.dirname, 'contenders', `${name}.ts`)],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'esnext',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:workers'],
    logLevel: 'error',
  });
  return outfile;
}

export async function bundleGateway(): Promise<string> {
  return join(await buildBundle(), 'worker.js');
}

export interface WorkerOptions {
  readonly name: string;
  readonly module: string;
  readonly bindings: Readonly<Record<string, unknown>>;
  /** Binding → class of a Durable Object in the module. */
  readonly durableObjects?: Readonly<Record<string, string>>;
  /** Runs before the module. */
  readonly prelude?: string | undefined;
}

const ENTRY = "import 'prelude.js'; export * from 'worker.js'; export { default } from 'worker.js';";

let started = 0;

/** Writes a workerd configuration into `folder`, one for each process, and starts it. */
export async function startWorker(
  folder: string,
  options: WorkerOptions,
  runtime: Runtime = BARE,
): Promise<Server> {
  const name = `${options.name}-${++started}`;
  const file = join(folder, `${name}.capnp`);
  const objects = join(folder, `${name}-objects`);
  await mkdir(objects, { recursive: true });
  const bindings = Object.entries(options.bindings).map(([name, value]) =>
    typeof value === 'string'
      ? `(name = ${capnpText(name)}, text = ${capnpText(value)})`
      : `(name = ${capnpText(name)}, json = ${capnpText(JSON.stringify(value))})`,
  );
  const classes = Object.entries(options.durableObjects ?? {});
  const namespaces = classes.map(
    ([, name]) => `(className = ${capnpText(name)}, uniqueKey = ${capnpText(name)}, enableSql = true)`,
  );
  for (const [binding, name] of classes) {
    bindings.push(`(name = ${capnpText(binding)}, durableObjectNamespace = ${capnpText(name)})`);
  }
  const objectSettings =
    classes.length === 0
      ? ''
      : `durableObjectNamespaces = [${namespaces.join(', ')}],
         durableObjectStorage = (localDisk = "objects"),`;
  const objectService =
    classes.length === 0
      ? ''
      : `, (name = "objects", disk = (path = ${capnpText(objects)}, writable = true))`;
  const module = `embed ${capnpText(relative(folder, options.module))}`;
  const modules =
    options.prelude === undefined
      ? [`(name = "worker.js", esModule = ${module})`]
      : [
          `(name = "entry.js", esModule = ${capnpText(ENTRY)})`,
          `(name = "prelude.js", esModule = ${capnpText(options.prelude)})`,
          `(name = "worker.js", esModule = ${module})`,
        ];
  await writeFile(
    file,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = [${runtime.v8Flags.map(capnpText).join(', ')}],
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private", "local"]))${objectService}
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [${modules.join(', ')}],
  compatibilityDate = ${capnpText(COMPATIBILITY_DATE)},
  bindings = [${bindings.join(', ')}],
  ${objectSettings}
);
`,
  );
  return runtime.start(file);
}
