import { existsSync } from 'node:fs';
import { compilePolicy } from '../config/compile.ts';
import type { ConfigProblem } from '../config/problem.ts';
import { compileControl } from '../control/config.ts';
import type { Result } from '../core/result.ts';
import { REQUEST_RULES } from '../gateway/request-rules.ts';
import { readArguments } from './arguments.ts';
import { type Command, EXIT, printable, type Terminal } from './command.ts';
import { lineAt, pathSegments } from './toml-lines.ts';
import { readWranglerFile, type WranglerFile, withAssumedRedis } from './wrangler-file.ts';

const USAGE = `Checks the configuration of the gateway, and of the control Worker, without starting either.

  npm run check:config               wrangler.toml, and wrangler.control.toml where there is one

  -- --config <file>                 another file; may be given more than once
  -- --env <name>                    the environment [env.<name>] of the file
  -- --json                          the findings as JSON
  -- --help

Secrets are read from .dev.vars beside the file; one that is missing there is a warning, since it may be
set at deploy. Exit codes: 0 no problems, 1 problems, 2 mistyped.`;

type Finding = ConfigProblem & { readonly line?: number };

interface Report {
  readonly file: string;
  readonly ok: boolean;
  readonly summary: string;
  readonly problems: readonly Finding[];
  readonly warnings: readonly Finding[];
}

interface Checked {
  readonly summary: string;
  readonly warnings: readonly ConfigProblem[];
}

export const check: Command = {
  summary: 'check the configuration of the Workers',
  usage: USAGE,
  async run(args, terminal) {
    const { values } = readArguments(args, {
      config: { type: 'string', multiple: true },
      env: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    });
    const files = values.config ?? [
      'wrangler.toml',
      ...['wrangler.control.toml'].filter((file) => existsSync(file)),
    ];
    const reports = files.map((file) => checkFile(file, values.env));
    const sound = reports.every((report) => report.ok);
    if (values.json) terminal.out(JSON.stringify({ ok: sound, files: reports }, null, 2));
    else for (const report of reports) print(report, terminal);
    return sound ? EXIT.done : EXIT.failed;
  },
};

function checkFile(file: string, environment: string | undefined): Report {
  const read = readWranglerFile(file, environment);
  if (!read.ok) {
    const { problem, line } = read.error;
    return report(file, [line === undefined ? problem : { ...problem, line }], [], '');
  }
  const given = read.value;
  const result = compile(given);
  const storeless = !result.ok && result.error.some(({ path }) => path === 'REVOCATIONS');
  return storeless ? located(file, withAssumedRedis(given)) : located(file, given);
}

function located(file: string, given: WranglerFile): Report {
  const result = compile(given);
  const find = (problem: ConfigProblem): Finding => {
    const line = lineAt(given.lines, given.root, pathSegments(problem.path));
    return line === undefined ? problem : { ...problem, line };
  };
  return result.ok
    ? report(file, [], [...given.warnings, ...result.value.warnings].map(find), result.value.summary)
    : report(file, result.error.map(find), given.warnings.map(find), '');
}

function compile({ control, bindings }: WranglerFile): Result<Checked, readonly ConfigProblem[]> {
  if (control) {
    const result = compileControl(bindings);
    if (!result.ok) return result;
    const { issuers } = result.value.policy;
    return { ok: true, value: { summary: counted(issuers.size, 'issuer'), warnings: result.value.warnings } };
  }
  const result = compilePolicy(bindings, REQUEST_RULES);
  if (!result.ok) return result;
  const { policy, warnings } = result.value;
  const summary = `${counted(policy.routes.length, 'route')}, ${counted(policy.issuers.length, 'issuer')}`;
  return { ok: true, value: { summary, warnings } };
}

function report(
  file: string,
  problems: readonly Finding[],
  warnings: readonly Finding[],
  summary: string,
): Report {
  const counts = [
    ...(summary === '' ? [] : [summary]),
    problems.length === 0 ? 'no problems' : counted(problems.length, 'problem'),
    ...(warnings.length === 0 ? [] : [counted(warnings.length, 'warning')]),
  ];
  return { file, ok: problems.length === 0, summary: counts.join(', '), problems, warnings };
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function print({ file, ok, summary, problems, warnings }: Report, terminal: Terminal): void {
  const out = ok ? terminal.out : terminal.err;
  out(`${file}: ${summary}`);
  for (const problem of problems.toSorted(byLine)) out(`\n${findingText(file, problem, '')}`);
  for (const warning of warnings.toSorted(byLine)) out(`\n${findingText(file, warning, 'warning: ')}`);
}

const byLine = (a: Finding, b: Finding): number => (a.line ?? 0) - (b.line ?? 0);

function findingText(file: string, { path, line, found, allowed, hint }: Finding, label: string): string {
  const rows = [
    `${file}${line === undefined ? '' : `:${line}`}  ${label}${path}`,
    `  found    ${found}`,
    `  allowed  ${allowed}`,
  ];
  return [...rows, ...(hint === undefined ? [] : [`  hint     ${hint}`])].map(printable).join('\n');
}
