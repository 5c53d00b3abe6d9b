import { basename, dirname, join } from 'node:path';
import { readArguments } from './arguments.ts';
import { type Command, CommandFailed, EXIT, UsageError } from './command.ts';
import { compareAll } from './compare-all.ts';
import { printEffective } from './effective.ts';
import { inCodeOf } from './policy-module.ts';
import { printReport, reportOf } from './report.ts';
import { type CheckedWorker, type CheckOptions, checkWorker } from './worker-check.ts';
import type { WorkerKind } from './wrangler-file.ts';
import { filesOf } from './wrangler-source.ts';

const USAGE = `Checks the configuration of the Workers without starting any, and that they agree.

  npm run check:config               wrangler.toml, and wrangler.control.toml and wrangler.token-service.toml where
                                     they are; .json and .jsonc as well, in wrangler's order

  -- --config <file>                 another file; may be given more than once
  -- --policy <file>                 a module whose policy stands in code; wrangler.toml has the bindings
  -- --env <name>                    the environment [env.<name>]; CLOUDFLARE_ENV by default, as in wrangler
  -- --deploy                        as for a deploy: issuers and origins on this machine are mistakes
  -- --effective <route>             what a route comes to, and where each key is from: itself, its group, the defaults
  -- --json                          the findings as JSON
  -- --help

Secrets are read from .dev.vars (or .env) beside the file; one that is missing there is a warning, since it may
be set at deploy. Exit codes: 0 no problems, 1 problems, 2 mistyped.`;

/** What the Workers' files are called, without their endings. */
const FILES: Readonly<Record<WorkerKind, string>> = {
  gateway: 'wrangler',
  control: 'wrangler.control',
  'token-service': 'wrangler.token-service',
};
const KINDS: readonly WorkerKind[] = ['gateway', 'control', 'token-service'];

export const check: Command = {
  summary: 'check the configuration of the Workers',
  usage: USAGE,
  async run(args, terminal) {
    const { values } = readArguments(args, {
      config: { type: 'string', multiple: true },
      policy: { type: 'string' },
      env: { type: 'string' },
      deploy: { type: 'boolean', default: false },
      effective: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    });
    const environment = values.env ?? (terminal.environment.CLOUDFLARE_ENV || undefined);
    if (values.policy !== undefined && (values.config?.length ?? 0) > 1)
      throw new UsageError('--policy is of one gateway: name one --config.');
    const inCode = await inCodeOf(values.policy);
    const options: CheckOptions = { environment, deploy: values.deploy };
    const gatewayOptions: CheckOptions = { ...options, inCode };
    const workers =
      values.config === undefined
        ? checkFolder('.', options, gatewayOptions)
        : values.config.map((file) => checkWorker(file, gatewayOptions));
    const beside = values.deploy ? besideThem(workers, options, gatewayOptions) : [];
    const reports = [...workers.map(({ report }) => report), ...compareAll([...workers, ...beside])];
    const sound = reports.every((report) => report.ok);
    const gateways = workers.flatMap(({ file, report }) =>
      file?.kind === 'gateway' ? [{ path: report.file, file }] : [],
    );
    if (values.effective !== undefined && sound) {
      const [gateway] = gateways;
      if (gateway === undefined) throw new CommandFailed('There is no gateway here, and so no route.');
      printEffective(values.effective, gateway, { json: values.json, terminal });
      return EXIT.done;
    }
    if (values.json) terminal.out(JSON.stringify({ ok: sound, files: reports }, null, 2));
    else for (const report of reports) printReport(report, terminal);
    return sound ? EXIT.done : EXIT.failed;
  },
};

/** Every Worker of a folder. One without the environment that is asked is none of it, as long as another has it. */
function checkFolder(
  folder: string,
  options: CheckOptions,
  ofGateway: CheckOptions,
): readonly CheckedWorker[] {
  const workers = KINDS.flatMap((kind) => {
    const files = filesOf(folder, FILES[kind]);
    const [file] = files.length === 0 && kind === 'gateway' ? [`${FILES[kind]}.toml`] : files;
    return file === undefined
      ? []
      : [withTwins(checkWorker(file, kind === 'gateway' ? ofGateway : options), files)];
  });
  if (workers.every(({ noEnvironment }) => noEnvironment)) return workers;
  return workers.map((worker) => {
    if (!worker.noEnvironment) return worker;
    const summary = `no environment ${JSON.stringify(options.environment)}, so not checked`;
    return { ...worker, report: { ...reportOf(worker.report.file, '', [], []), summary } };
  });
}

/** A second file of one Worker is one that wrangler never reads. */
function withTwins(worker: CheckedWorker, [, ...ignored]: readonly string[]): CheckedWorker {
  if (ignored.length === 0) return worker;
  const { file, problems, warnings } = worker.report;
  const found = `${ignored.join(' and ')} as well`;
  const allowed = `one file for a Worker: wrangler reads ${file}`;
  return { ...worker, report: reportOf(file, '', problems, [...warnings, { path: file, found, allowed }]) };
}

/** A Worker's counterparts in its folder: what is deployed must agree with them. */
function besideThem(
  workers: readonly CheckedWorker[],
  options: CheckOptions,
  ofGateway: CheckOptions,
): readonly CheckedWorker[] {
  const kinds = new Set(workers.map(({ file }) => file?.kind));
  const [first] = workers.filter(({ file }) => file !== undefined);
  if (first === undefined) return [];
  const folder = dirname(first.report.file);
  const given = new Set(workers.map(({ report }) => basename(report.file)));
  return KINDS.filter((kind) => !kinds.has(kind)).flatMap((kind) => {
    const [name] = filesOf(folder, FILES[kind]);
    if (name === undefined || given.has(name)) return [];
    return [checkWorker(join(folder, name), kind === 'gateway' ? ofGateway : options)];
  });
}
