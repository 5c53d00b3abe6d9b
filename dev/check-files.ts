import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { printReport, type Report, reportOf } from '../src/cli/report.ts';

/** Secrets that the demo makes for itself (`stack.ts`): a deploy needs them, and nothing here lacks them. */
const MADE_HERE: ReadonlySet<string> = new Set(['SEALING_KEY']);

/** Whether `portcullis check` finds the Workers' files of a folder sound; what it says is printed where it matters here. */
export async function filesAreSound(root: string): Promise<boolean> {
  const program = join(root, 'src/cli/portcullis.ts');
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((done) => {
    execFile(process.execPath, [program, 'check', '--json'], { cwd: root }, (_, out, err) =>
      done({ stdout: out, stderr: err }),
    );
  });
  if (stdout === '') {
    console.error(stderr);
    return false;
  }
  const { ok, files }: { ok: boolean; files: readonly Report[] } = JSON.parse(stdout);
  for (const report of files.map(toldHere)) {
    if (report.problems.length + report.warnings.length > 0) printReport(report, TERMINAL);
  }
  return ok;
}

function toldHere({ file, problems, warnings }: Report): Report {
  return reportOf(
    file,
    '',
    problems,
    warnings.filter(({ path }) => !MADE_HERE.has(path)),
  );
}

const TERMINAL = {
  out: (text: string) => console.log(text),
  err: (text: string) => console.error(text),
};
