import { pathsMatching } from './path-regex.ts';
import { exactSet, name, onePath, type PathSet, start, unknownPaths } from './path-set.ts';
import { EVERY_HOST, type HostSet, hostSet, UNKNOWN_HOST } from './request-set.ts';

/** Where a rule's `match.url` leads: text, and patterns in `<…>`, which are regular expressions or globs. */
export function readTarget(
  url: string,
  strategy: string | undefined,
): { readonly hosts: HostSet; readonly paths: PathSet; readonly unknown: string | undefined } {
  const [, , host = '', path = ''] = /^(https?|<[^>]*>):\/\/((?:<[^>]*>|[^/<])*)(\/.*)?$/s.exec(url) ?? [];
  if (host === '') return { hosts: UNKNOWN_HOST, paths: unknownPaths(''), unknown: `the URL ${url}` };
  const hosts = hostsOf(host);
  const paths = strategy === 'glob' ? globPaths(path) : regexPaths(path);
  const isKnown = hosts.inner.length > 0 && paths.inner.length > 0;
  return { hosts, paths, unknown: isKnown ? undefined : `the URL ${url}` };
}

const hostsOf = (host: string): HostSet => {
  if (/^<\.[*+]>$/.test(host) || host === '<**>') return EVERY_HOST;
  return host.includes('<') ? UNKNOWN_HOST : hostSet([host.replace(/:\d+$/, '')]);
};

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
