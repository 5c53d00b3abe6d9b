import type { ConfigProblem } from '../config/problem.ts';
import { visibleText } from '../core/visible-text.ts';
import type { Terminal } from './command.ts';
import { lineAt, pathSegments } from './toml-lines.ts';
import type { WranglerFile } from './wrangler-file.ts';

/** A problem or warning, and where it stands in the file. */
export type Finding = ConfigProblem & { readonly line?: number };

export interface Report {
  readonly file: string;
  readonly ok: boolean;
  readonly summary: string;
  readonly problems: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** `summary` is what was found there to be checked; empty where nothing could be. */
export function reportOf(
  file: string,
  summary: string,
  problems: readonly Finding[],
  warnings: readonly Finding[],
): Report {
  const counts = [
    ...(summary === '' ? [] : [summary]),
    problems.length === 0 ? 'no problems' : counted(problems.length, 'problem'),
    ...(warnings.length === 0 ? [] : [counted(warnings.length, 'warning')]),
  ];
  return { file, ok: problems.length === 0, summary: counts.join(', '), problems, warnings };
}

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The same with the line that the path leads to. */
export function located(
  problem: ConfigProblem,
  { lines, root }: Pick<WranglerFile, 'lines' | 'root'>,
): Finding {
  const line = lineAt(lines, root, pathSegments(problem.path));
  return line === undefined ? problem : { ...problem, line };
}

/** To standard error when there is a problem. */
export function printReport(
  { file, ok, summary, problems, warnings }: Report,
  terminal: Pick<Terminal, 'out' | 'err'>,
): void {
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
  return [...rows, ...(hint === undefined ? [] : [`  hint     ${hint}`])].map(visibleText).join('\n');
}
