import type { TomlTable, TomlValue } from './model.ts';

/** A value on one line. Throws `RangeError` for a number that TOML and JSON do not write alike. */
export function tomlValue(value: TomlValue): string {
  if (typeof value === 'string') return tomlString(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`no number: ${value}`);
    return String(value);
  }
  if (typeof value === 'boolean') return String(value);
  if (isList(value)) return `[${value.map(tomlValue).join(', ')}]`;
  const members = Object.entries(value).map(([key, member]) => `${tomlKey(key)} = ${tomlValue(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

export const tomlKey = (key: string): string => (/^[\w-]+$/.test(key) ? key : tomlString(key));

/** A table under its header, a key a line. */
export const tomlLinesOf = (table: TomlTable): readonly string[] =>
  Object.entries(table).map(([key, value]) => `${tomlKey(key)} = ${tomlValue(value)}`);

/** A comment of one line, whatever the text. */
export const tomlComment = (text: string): string => `# ${text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')}`;

/** JSON's strings are TOML's, but for DEL, which TOML wants escaped. */
const tomlString = (text: string): string => JSON.stringify(text).replaceAll('\x7f', '\\u007f');

const isList = (value: TomlValue): value is readonly TomlValue[] => Array.isArray(value);
