import { parse, TomlError } from 'smol-toml';
import { visibleText } from '../../core/visible-text.ts';
import { CommandFailed } from '../command.ts';

/** What `portcullis.audit.toml` holds. */
export interface AuditFile {
  /** The name of a concern, and why it is none here. */
  readonly silence: ReadonlyMap<string, string>;
  readonly assert: readonly string[];
}

export const NO_AUDIT_FILE: AuditFile = { silence: new Map(), assert: [] };

/** Fails where something in it could have no effect. */
export function readAuditFile(file: string, text: string): AuditFile {
  const failed = (what: string) => new CommandFailed(visibleText(`${file}: ${what}`));
  let whole: Readonly<Record<string, unknown>>;
  try {
    whole = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw failed(`no TOML: ${error.message.split('\n')[0] ?? ''}`);
  }
  const { silence = {}, assert = [], ...others } = whole;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw failed(`${unknown} is not known here; silence and assert are`);
  if (typeof silence !== 'object' || silence === null || Array.isArray(silence))
    throw failed('silence has to be a table');
  if (!Array.isArray(assert) || !assert.every((each) => typeof each === 'string')) {
    throw failed('assert has to be a list of sentences');
  }
  const reasons = Object.entries(silence).map(([name, reason]) => {
    if (typeof reason !== 'string' || reason.trim() === '') throw failed(`silence."${name}" has to say why`);
    return [name, reason] as const;
  });
  return { silence: new Map(reasons), assert };
}
