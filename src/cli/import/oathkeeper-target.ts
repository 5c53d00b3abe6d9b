import { pathsMatching } from './path-regex.ts';
import {
  exactSet,
  isEmptyName,
  name,
  onePath,
  type PathPattern,
  type PathSet,
  start,
  unknownPaths,
} from './path-set.ts';
import { EVERY_HOST, type HostSet, hostSet, UNKNOWN_HOST } from './request-set.ts';

/** Where a rule's `match.url` leads: text, and patterns in `<…>`, which are regular expressions or globs. */
export function readTarget(
  url: string,
  isGlob: boolean,
): { readonly hosts: HostSet; readonly paths: PathSet; readonly unknown: string | undefined } {
  const [, host = '', path = ''] =
    /^(?:https?|<[a-z?|(){},]*>):\/\/((?:<[^<>]*>|[^/<>])*)((?:\/(?:<[^<>]*>|[^<>])*)?)$/s.exec(url) ?? [];
  if (host === '') return { hosts: UNKNOWN_HOST, paths: unknownPaths(''), unknown: `the URL ${url}` };
  const hosts = hostsOf(host);
  const read = isGlob ? globPaths(path) : regexPaths(path);
  const exact = { inner: read.inner.filter(isClean), outer: read.outer.filter(isClean) };
  const paths = mayHoldSlash(host) ? { inner: exact.inner, outer: exact.outer.flatMap(deeper) } : exact;
  const isKnown = hosts.inner.length > 0 && paths.inner.length > 0;
  return { hosts, paths, unknown: isKnown ? undefined : `the URL ${url}` };
}

const hostsOf = (host: string): HostSet => {
  if (/^<\.[*+]>$/.test(host) || host === '<**>') return EVERY_HOST;
  const [, names] = /^<([\w.-]+(?:\|[\w.-]+)*)>$/.exec(host) ?? [];
  // A dot there is any letter: of other hosts nothing is known.
  if (names !== undefined) return { inner: hostSet(names.split('|')).inner, outer: ['*'] };
  return host.includes('<') ? UNKNOWN_HOST : hostSet([host.replace(/:443$/, '')]);
};

/** A slash at the end is taken away before paths are compared, so that no path but `/` ends so. */
const isClean = ({ segments }: PathPattern): boolean =>
  segments.length === 1 || !isEmptyName(segments.at(-1));

/** A pattern in the place of a host matches text, in which there may be slashes. */
const mayHoldSlash = (host: string): boolean =>
  host.includes('<') && !/^(?:[^<>]|<(?:[\w|-]|\\\.|\[[\w.-]+\][+*]?|\(|\))*>)*$/.test(host);

/** The pattern itself, and whatever has more segments before it. */
const deeper = (pattern: PathPattern): readonly PathPattern[] => [
  pattern,
  { segments: [start(''), ...pattern.segments], open: pattern.open },
  { segments: [start(''), start(''), ...pattern.segments.map(() => start(''))], open: true },
];

/** Text is text; what is in angle brackets is a pattern. */
function regexPaths(path: string): PathSet {
  if (path === '') return exactSet(onePath('/'));
  const alternatives = /^(.*)<([\w/-]+(?:\|[\w/-]+)+)>$/.exec(path);
  if (alternatives !== null && !alternatives[1]?.includes('<')) {
    return exactSet(
      ...(alternatives[2] ?? '').split('|').map((each) => onePath(`${alternatives[1]}${each}`)),
    );
  }
  const pattern = path
    .split(/(<[^>]*>)/)
    .map((part) => (part.startsWith('<') ? part.slice(1, -1) : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  return pathsMatching(pattern);
}

/** `<**>` at the end is anything. `<*>` stops at dots as well as at slashes, which no segment of a route does. */
function globPaths(path: string): PathSet {
  const open = /^(.*\/)<\*\*>$/.exec(path);
  const before = open?.[1] ?? path;
  if (/[<>*?{}[\]]/.test(before)) return unknownPaths(before.split(/[<*?{[]/)[0] ?? '');
  if (open === null) return exactSet(onePath(path === '' ? '/' : path));
  const names = before === '/' ? [] : before.slice(1, -1).split('/').map(name);
  return exactSet({ segments: [...names, start('')], open: true });
}
