import { visibleText } from '../core/visible-text.ts';
import { type Terminal, UsageError } from './command.ts';

/** As many as the admin API takes in one request. */
const MAX_LINES = 500;

export type RevocationLine = Readonly<Record<string, unknown>>;

/**
 * Reads many revocations: one JSON object a line, as the admin API takes them. `common` fills in what a line does not say
 * itself. Throws `UsageError` with the line's number, and nothing of what the line holds.
 */
export async function readRevocationLines(
  file: string,
  common: RevocationLine,
  terminal: Terminal,
): Promise<readonly RevocationLine[]> {
  const lines = (await textOf(file, terminal)).split('\n').map((line) => line.trim());
  const revocations = lines.flatMap((line, index) =>
    line === '' ? [] : [filled(parse(line, index), common)],
  );
  if (revocations.length === 0) throw new UsageError('--from: there is no revocation in it.');
  if (revocations.length > MAX_LINES) {
    throw new UsageError(
      `--from: expected at most ${MAX_LINES} lines, found ${revocations.length}: all of them are stored, or none.`,
    );
  }
  return revocations;
}

/** A token names its issuer itself. */
function filled(line: RevocationLine, { issuer, ...common }: RevocationLine): RevocationLine {
  return { ...(issuer === undefined || 'token' in line ? {} : { issuer }), ...common, ...line };
}

async function textOf(file: string, terminal: Terminal): Promise<string> {
  try {
    return await (file === '-' ? terminal.readStdin() : terminal.readFile(file));
  } catch (error) {
    throw new UsageError(`--from: ${error instanceof Error ? visibleText(error.message) : 'cannot be read'}`);
  }
}

function parse(line: string, index: number): RevocationLine {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return parsed as RevocationLine;
    }
  } catch {
    // Not JSON, as told below.
  }
  throw new UsageError(`--from: line ${index + 1}: expected a JSON object such as {"sub":"user-1"}.`);
}
