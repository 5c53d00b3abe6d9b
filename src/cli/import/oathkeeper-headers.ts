import { claimName } from './claim-name.ts';
import type { Losses } from './losses.ts';
import type { TomlTable, TomlValue } from './model.ts';
import type { SourceTable } from './source-node.ts';

/** What mutators tell the origin: claims that a template prints and nothing else. */
export function headersOf(mutators: readonly SourceTable[], what: string, losses: Losses): TomlTable {
  const headers: [string, TomlValue][] = [];
  for (const mutator of mutators) {
    const handler = mutator.text('handler');
    if (handler === 'noop') continue;
    if (handler !== 'header') {
      losses.add(
        mutator.line,
        `${what}: mutator ${handler}`,
        handler === 'id_token' ? 'signed_identity does the like, with keys of its own' : 'no counterpart',
        'left out',
      );
      continue;
    }
    for (const [header, node] of mutator.table('config')?.table('headers')?.members() ?? []) {
      const claim = claimOf(String(node.value));
      if (claim === undefined)
        losses.add(node.line, `${what}: header ${header}`, 'a template, and no single claim', 'not sent');
      else headers.push([header, claim]);
    }
  }
  return Object.fromEntries(headers);
}

function claimOf(template: string): string | undefined {
  const [, printed] = /^\{\{-?\s*(?:print\s+)?\.(Subject|Extra\.[\w.]+)\s*-?\}\}$/.exec(template) ?? [];
  return printed === 'Subject' ? 'sub' : printed && claimName(printed.slice('Extra.'.length));
}
