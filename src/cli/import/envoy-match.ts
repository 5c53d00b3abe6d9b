import { pathsMatching } from './path-regex.ts';
import { beginningWith, EVERY_PATH, exactSet, onePath, type PathSet, unknownPaths } from './path-set.ts';
import { EVERY_HOST, EVERY_METHOD, hostSet, onlyMethods, type RequestSet } from './request-set.ts';
import { type SourceTable, snakeCase } from './source-node.ts';

/** A set of requests, and what of its description is not known: of those there is nothing within, and it may be any. */
export interface ReadMatch {
  readonly set: RequestSet;
  readonly unknown: readonly string[];
}

/** A RouteMatch message. */
export function readMatch(match: SourceTable | undefined): ReadMatch {
  if (match === undefined)
    return {
      set: { hosts: EVERY_HOST, paths: unknownPaths(''), methods: EVERY_METHOD },
      unknown: ['no match'],
    };
  const paths = pathsOf(match);
  const headers = match.tables('headers', snakeCase).map(readHeader);
  const ofMethod = headers.find((header) => header.methods !== undefined)?.methods;
  const ofHost = headers.find((header) => header.hosts !== undefined)?.hosts;
  const isMore =
    headers.filter(({ methods }) => methods !== undefined).length > 1 ||
    headers.filter(({ hosts }) => hosts !== undefined).length > 1;
  const unknown = [
    ...headers.flatMap((header) => (header.unknown === undefined ? [] : [header.unknown])),
    ...(isMore ? ['several headers of one name'] : []),
    ...(match.flag('case_sensitive') === false ? ['case_sensitive: false'] : []),
    ...match.unknown().map(({ key }) => key),
    ...(paths.inner.length === 0 ? ['a path that is no prefix, path or plain expression'] : []),
  ];
  const whole = match.flag('case_sensitive') === false ? unknownPaths('') : paths;
  const set = {
    hosts: ofHost === undefined ? EVERY_HOST : hostSet(ofHost),
    paths: unknown.length === 0 ? whole : { inner: [], outer: whole.outer },
    methods: ofMethod === undefined ? EVERY_METHOD : onlyMethods(ofMethod),
  };
  return { set, unknown };
}

function pathsOf(match: SourceTable): PathSet {
  const prefix = match.text('prefix');
  if (prefix !== undefined)
    return prefix.startsWith('/')
      ? exactSet(beginningWith(prefix))
      : prefix === ''
        ? EVERY_PATH
        : unknownPaths('');
  const path = match.text('path');
  if (path !== undefined) return path.startsWith('/') ? exactSet(onePath(path)) : unknownPaths('');
  const separated = match.text('path_separated_prefix');
  if (separated !== undefined && /^\/.*[^/]$/.test(separated)) {
    return exactSet({ ...onePath(separated), open: true });
  }
  const regex = match.table('safe_regex', snakeCase)?.text('regex');
  return regex === undefined ? unknownPaths('') : pathsMatching(regex);
}

interface ReadHeader {
  readonly methods?: readonly string[];
  readonly hosts?: readonly string[];
  readonly unknown?: string;
}

/** `:method` and `:authority` compared as a whole; nothing is known of any other header. */
function readHeader(header: SourceTable): ReadHeader {
  const name = header.text('name') ?? '';
  const exact = header.text('exact_match') ?? header.table('string_match', snakeCase)?.text('exact');
  const inverted = header.flag('invert_match') === true;
  if (exact !== undefined && !inverted && header.unknown().length === 0) {
    if (name === ':method') return { methods: [exact] };
    if ((name === ':authority' || name.toLowerCase() === 'host') && !exact.includes(':'))
      return { hosts: [exact] };
  }
  return { unknown: `header ${name}` };
}
