import {
  beginningWith,
  exactSet,
  name,
  onePath,
  PARAMETER,
  type PathPattern,
  type PathSet,
  start,
  unknownPaths,
} from './path-set.ts';

/**
 * A regular expression that matches whole paths, as far as it says what a route's path can say: names, `[^/]+` for a
 * segment, and `.*` at the end. Of any other one nothing is known but the text it begins with.
 */
export function pathsMatching(pattern: string): PathSet {
  const text = pattern.replace(/^\^/, '').replace(/(?<!\\)\$$/, '');
  const optional = /^(.*?)(?:\(\/\.\*\)\?|\(\?:\/\.\*\)\?|\(\/\|\$\)\.\*|\(\?:\/\|\$\)\.\*)$/.exec(text);
  if (optional !== null) {
    const around = segmentsOf(optional[1] ?? '');
    return around === undefined ? unknown(text) : exactSet({ segments: around, open: true });
  }
  const open = /^(.*\/)(\.\*|\.\+)$/.exec(text);
  if (open !== null) {
    const [, before = '', rest] = open;
    const around = before === '/' ? [] : segmentsOf(before.slice(0, -1));
    if (around === undefined) return unknown(text);
    const whole: PathPattern = { segments: [...around, start('')], open: true };
    return rest === '.*'
      ? exactSet(whole)
      : { inner: [{ segments: [...around, PARAMETER], open: true }], outer: [whole] };
  }
  const beginning = /^(.*[^/])\.\*$/.exec(text);
  if (beginning !== null) {
    const literal = literalOf(beginning[1] ?? '');
    return literal === undefined ? unknown(text) : exactSet(beginningWith(literal));
  }
  const segments = segmentsOf(text);
  return segments === undefined ? unknown(text) : exactSet({ segments, open: false });
}

/** A regular expression that is looked for anywhere in a path. */
export function pathsContaining(pattern: string): PathSet {
  const isStart = pattern.startsWith('^');
  const isEnd = /(?<!\\)\$$/.test(pattern);
  const inner = pattern.replace(/^\^/, '').replace(/(?<!\\)\$$/, '');
  if (isStart && isEnd) return pathsMatching(inner);
  if (isStart) return inner.endsWith('.*') ? pathsMatching(inner) : pathsMatching(`${inner}.*`);
  const literal = literalOf(inner);
  // Somewhere is at least at the beginning.
  const certain = literal?.startsWith('/') ? [isEnd ? onePath(literal) : beginningWith(literal)] : [];
  return { inner: certain, outer: unknownPaths('').outer };
}

function segmentsOf(text: string): PathPattern['segments'] | undefined {
  if (!text.startsWith('/')) return undefined;
  const parts = splitSegments(text.slice(1)).map((part) => {
    if (/^\(?(?:\[\^\/\](?:\+|\{1,\}))\)?$/.test(part)) return PARAMETER;
    const literal = literalOf(part);
    return literal === undefined || literal.includes('/') ? undefined : name(literal);
  });
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

/** At slashes that are not in a character class. */
const splitSegments = (text: string): readonly string[] =>
  text
    .replace(/\[\^\\?\/\]/g, '[^\u0000]')
    .replace(/\\\//g, '/')
    .split('/')
    .map((part) => part.replaceAll('\u0000', '/'));

/** The text that a pattern without any operator stands for. */
function literalOf(pattern: string): string | undefined {
  if (/\\[A-Za-z0-9]/.test(pattern)) return undefined;
  const bare = pattern.replace(/\\(.)/gs, (_, character: string) =>
    /[.*+?^${}()|[\]\\]/.test(character) ? '' : character,
  );
  if (/[.*+?^${}()|[\]\\]/.test(bare)) return undefined;
  return pattern.replace(/\\(.)/gs, '$1');
}

/** All of the beginning that is certain; the character before a quantifier may be missing. */
function unknown(text: string): PathSet {
  if (text.includes('|')) return unknownPaths('');
  const [literal = ''] = /^(?:[\w/~!@,=&:-]|\\[./-])*/.exec(text) ?? [];
  const next = text.slice(literal.length, literal.length + 1);
  const certain = /^[*?{+]/.test(next) ? literal.replace(/\\?.$/s, '') : literal;
  return unknownPaths(certain.replace(/\\(.)/gs, '$1') || '');
}
