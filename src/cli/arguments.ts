import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { didYouMean } from '../config/problem.ts';
import { visibleText } from '../core/visible-text.ts';
import { EXIT, UsageError } from './command.ts';

/** `parseArgs` whose complaints are `UsageError`s, with the option that was meant perhaps. */
export function readArguments<const O extends ParseArgsOptionsConfig, P extends boolean = false>(
  args: readonly string[],
  options: O,
  allowPositionals?: P,
) {
  try {
    return parseArgs<{ args: string[]; options: O; allowPositionals: P }>({
      args: [...args],
      options,
      allowPositionals: (allowPositionals ?? false) as P,
    });
  } catch (error) {
    if (!isMistyped(error)) throw error;
    throw new UsageError(`${visibleText(error.message)}${suggestion(error, Object.keys(options))}`);
  }
}

/** The options of a program that is nothing but its file: mistyped, it says what it takes and ends. */
export function argumentsOrExit<const O extends ParseArgsOptionsConfig>(options: O, usage: string) {
  try {
    return readArguments(process.argv.slice(2), options).values;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    process.exit(EXIT.usage);
  }
}

/** `parseArgs` throws a `TypeError` with a code for what it does not know. */
const isMistyped = (error: unknown): error is TypeError & { code: string } =>
  error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');

function suggestion(error: TypeError & { code: string }, options: readonly string[]): string {
  const [, typed = ''] = /'--([^'=]+)/.exec(error.message) ?? [];
  if (error.code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION' || typed === '') return '';
  const hint = didYouMean(
    `--${typed}`,
    options.map((name) => `--${name}`),
  );
  return hint === undefined ? '' : `\n${hint.replace(/^d/, 'D')}`;
}
