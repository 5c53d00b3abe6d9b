import { type EffectiveKey, effectiveRoutes } from '../config/effective-route.ts';
import { didYouMean } from '../config/problem.ts';
import { visibleText } from '../core/visible-text.ts';
import { CommandFailed, type Terminal } from './command.ts';
import { located } from './report.ts';
import type { WranglerFile } from './wrangler-file.ts';

type Located = EffectiveKey & { readonly line?: number };

/** Prints what a route comes to, each key with where it is from. Fails where the file has no such route. */
export function printEffective(
  name: string,
  { path, file }: { readonly path: string; readonly file: WranglerFile },
  { json, terminal }: { readonly json: boolean; readonly terminal: Terminal },
): void {
  const routes = effectiveRoutes(file.bindings);
  const keys = routes.get(name)?.map((key): Located => withLine(key, file));
  if (keys === undefined) {
    const hint = didYouMean(name, routes.keys());
    const meant = hint === undefined ? '' : ` ${hint.replace(/^d/, 'D')}`;
    throw new CommandFailed(`${path} has no route "${visibleText(name)}".${meant}`);
  }
  if (json) {
    terminal.out(JSON.stringify({ file: path, route: name, keys }, null, 2));
    return;
  }
  const rows = keys.map((key) => [key.key, valueText(key), placeText(key)] as const);
  const widths = [0, 1].map((column) =>
    Math.min(60, Math.max(...rows.map((row) => (row[column] ?? '').length))),
  );
  terminal.out(`${path}: route ${name}\n`);
  for (const [key, value, place] of rows) {
    terminal.out(visibleText(`  ${key.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${place}`));
  }
}

function withLine(key: EffectiveKey, file: WranglerFile): Located {
  const { line } = key.at === undefined ? {} : located({ path: key.at, found: '', allowed: '' }, file);
  return line === undefined ? key : { ...key, line };
}

/** Words stand as they are, values as JSON. */
const valueText = ({ from, value }: Located): string =>
  from === 'built-in' && typeof value === 'string' && / |^(?:none|all|any)$/.test(value)
    ? value
    : JSON.stringify(value);

const placeText = ({ from, at = '', line }: Located): string =>
  from === 'built-in' ? from : `${from}: ${at}${line === undefined ? '' : `, line ${line}`}`;
