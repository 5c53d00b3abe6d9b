import { err, type Result } from '../core/result.ts';
import type { QuerySource } from '../core/token-source.ts';
import { parameterSpellings } from './parameter-spellings.ts';
import { tokenText } from './token-text.ts';

/**
 * The token of a query parameter (RFC 6750 §2.3): its name spelt as configured, behind `?` or `&`, its value without
 * escapes. Any other spelling that some origin reads as the same name is `credentials_malformed`, the name twice
 * `credentials_multiple`. `search` is `''` or `?...`.
 */
export function findInQuery({ name }: QuerySource, search: string, maxTokenBytes: number): Result<string> {
  const spelt = search.length > 1 ? segments(search).filter((segment) => isNamed(segment, name)) : [];
  const [segment] = spelt;
  if (segment === undefined) return err({ reason: 'credentials_missing' });
  if (spelt.length > 1) return err({ reason: 'credentials_multiple', evidence: `${name} twice` });
  const value = plainValue(segment, name);
  if (value === undefined || behindSemicolon(search, segment)) {
    return err({ reason: 'credentials_malformed', evidence: `another spelling of ${name}` });
  }
  return tokenText(value, name, maxTokenBytes);
}

/**
 * Takes the parameter out of what the origin gets: every spelling of it. The others stay as they are. `Referer`, which
 * repeats the URL of the page that asks, goes where it has one.
 */
export function removeParameter({ name }: QuerySource, headers: Headers, search: string): string {
  const referer = headers.get('referer');
  const query = referer?.indexOf('?') ?? -1;
  if (referer && query >= 0 && withoutParameter(name, referer.slice(query)) !== referer.slice(query)) {
    headers.delete('referer');
  }
  return withoutParameter(name, search);
}

/** `search`, `''` or `?...`, without every parameter that some origin reads as `name`. */
export function withoutParameter(name: string, search: string): string {
  const all = segments(search);
  const kept = all.filter((segment) => !isNamed(segment, name));
  if (kept.length === all.length) return search;
  const rest = kept.join('');
  // A removed first one leaves the separator of the next in front.
  const query = kept[0] === all[0] ? rest : rest.slice(1);
  return query === '' ? '' : `?${query}`;
}

/** The parameters, each but the first with the separator before it. */
const segments = (search: string): readonly string[] => search.slice(1).split(/(?=[&;])/);

const isNamed = (segment: string, name: string): boolean =>
  patternOf(name).test(`?${segment.replace(/^[&;]/, '')}`);

/** undefined where the name is spelt in another way. */
function plainValue(segment: string, name: string): string | undefined {
  const parameter = segment.replace(/^&/, '');
  if (parameter === name) return '';
  return parameter.startsWith(`${name}=`) ? parameter.slice(name.length + 1) : undefined;
}

/** Whether the next parameter follows after `;`, which most origins take for a part of the value. */
function behindSemicolon(search: string, segment: string): boolean {
  return search.includes(`${segment};`);
}

const patterns = new Map<string, RegExp>();

function patternOf(name: string): RegExp {
  let pattern = patterns.get(name);
  if (pattern === undefined) {
    pattern = new RegExp(parameterSpellings(name), 'i');
    patterns.set(name, pattern);
  }
  return pattern;
}
