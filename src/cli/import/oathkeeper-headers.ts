import { claimName } from './claim-name.ts';
import type { Losses } from './losses.ts';
import type { TomlTable, TomlValue } from './model.ts';
import type { SourceTable } from './source-node.ts';

/** Those that ask nobody. */
const PASSING: ReadonlySet<string> = new Set(['noop', 'header', 'cookie', 'id_token']);

/** What mutators tell the origin: claims that a template prints and nothing else. `mayRefuse`: one of them asks a service. */
export function headersOf(
  mutators: readonly SourceTable[],
  what: string,
  losses: Losses,
): { readonly headers: TomlTable; readonly mayRefuse: boolean } {
  const headers: [string, TomlValue][] = [];
  let mayRefuse = false;
  for (const mutator of mutators) {
    const handler = mutator.text('handler') ?? '';
    if (handler === 'noop') continue;
    if (!PASSING.has(handler)) {
      mayRefuse = true;
      losses.add(
        mutator.line,
        `${what}: mutator ${handler}`,
        'another service is asked about every request, and may refuse it',
        'refused',
      );
      continue;
    }
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
  return { headers: Object.fromEntries(headers), mayRefuse };
}

function claimOf(template: string): string | undefined {
  const [, printed] = /^\{\{-?\s*(?:print\s+)?\.(Subject|Extra\.[\w.]+)\s*-?\}\}$/.exec(template) ?? [];
  return printed === 'Subject' ? 'sub' : printed && claimName(printed.slice('Extra.'.length));
}
