import { watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { visibleText } from '../core/visible-text.ts';
import { readArguments } from './arguments.ts';
import { junitXml } from './cases/junit.ts';
import { readCases } from './cases/read-cases.ts';
import { type CaseResult, runCase } from './cases/run-case.ts';
import { type Command, EXIT, type Terminal, UsageError } from './command.ts';
import { inCodeOf } from './policy-module.ts';
import { counted, printReport, reportOf } from './report.ts';
import { createStandInKeys } from './stand-in/keys.ts';
import { checkWorker } from './worker-check.ts';

const DEFAULT_FILE = 'portcullis.test.toml';

const USAGE = `Tries requests against the policy, offline: no network, no store, no real key.

  portcullis test [file]         ${DEFAULT_FILE} by default

  --config <file>     the wrangler file; the file of cases may say it, wrangler.toml by default
  --policy <file>     a module whose policy stands in code; the file of cases may say it
  --env <name>        an environment of it
  --junit <file>      the results as JUnit XML too
  --watch             again whenever one of the files changes
  --help

Tokens are signed by stand-ins under the "iss" of the policy's issuers, and every origin answers 200. docs/testing.md
has what a case may say. Exit codes: 0 all hold, 1 some do not or a file is mistaken, 2 mistyped.`;

export const test: Command = {
  summary: 'try requests against the policy, offline',
  usage: USAGE,
  async run(args, terminal) {
    const { values, positionals } = readArguments(
      args,
      {
        config: { type: 'string' },
        policy: { type: 'string' },
        env: { type: 'string' },
        junit: { type: 'string' },
        watch: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
      true,
    );
    const [file = DEFAULT_FILE, ...more] = positionals;
    if (more.length > 0) throw new UsageError(`one file, not ${positionals.length}`);
    const given = {
      file,
      config: values.config,
      policy: values.policy,
      environment: values.env,
      junit: values.junit,
    };
    const first = await runFile(given, terminal);
    if (!values.watch) return first.code;
    for await (const _ of changesOf([file, ...first.files])) await runFile(given, terminal);
    return EXIT.done;
  },
};

interface Given {
  readonly file: string;
  readonly config: string | undefined;
  readonly policy: string | undefined;
  readonly environment: string | undefined;
  readonly junit: string | undefined;
}

async function runFile(given: Given, terminal: Terminal): Promise<{ code: number; files: string[] }> {
  const read = readCases(given.file);
  const config =
    given.config ?? join(dirname(given.file), (read.ok ? read.value.config : undefined) ?? 'wrangler.toml');
  const written = read.ok ? read.value.policy : undefined;
  const policy = given.policy ?? (written && join(dirname(given.file), written));
  const files = [config, ...(policy === undefined ? [] : [policy])];
  if (!read.ok) {
    printReport(reportOf(given.file, '', read.error, []), terminal);
    return { code: EXIT.failed, files };
  }
  const worker = checkWorker(config, {
    environment: given.environment ?? read.value.environment,
    deploy: false,
    inCode: await inCodeOf(policy),
  });
  if (worker.compiled?.kind !== 'gateway') {
    printReport(worker.report, terminal);
    if (worker.compiled !== undefined) terminal.err(`${visibleText(config)} is not a gateway's`);
    return { code: EXIT.failed, files };
  }
  const keys = createStandInKeys();
  const results: CaseResult[] = [];
  for (const one of read.value.cases) results.push(await runCase(one, worker.compiled.policy, keys));
  for (const result of results) printResult(result, terminal);
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  terminal.out(
    `\n${counted(results.length, 'case')}, ${failed === 0 ? 'all hold' : `${failed} do not hold`}`,
  );
  if (given.junit !== undefined) await terminal.writeFile(given.junit, junitXml(given.file, results));
  return { code: failed === 0 ? EXIT.done : EXIT.failed, files };
}

function printResult({ name, failures }: CaseResult, { out, err }: Terminal): void {
  if (failures.length === 0) {
    out(`ok      ${visibleText(name)}`);
    return;
  }
  err(`FAILED  ${visibleText(name)}`);
  for (const failure of failures) err(`        ${visibleText(failure)}`);
}

/** Yields after each change of one of the files; editors write in several steps, so what follows within 100 ms is one. */
async function* changesOf(files: readonly string[]): AsyncGenerator<void> {
  let changed: () => void = () => {};
  let next = new Promise<void>((resolve) => {
    changed = resolve;
  });
  const watchers = files.map((file) => watch(dirname(file), () => changed()));
  try {
    for (;;) {
      await next;
      await new Promise((resolve) => setTimeout(resolve, 100));
      next = new Promise<void>((resolve) => {
        changed = resolve;
      });
      yield;
    }
  } finally {
    for (const watcher of watchers) watcher.close();
  }
}
