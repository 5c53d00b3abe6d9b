import {
  beginningWith,
  EVERY_PATH,
  exactSet,
  name,
  onePath,
  PARAMETER,
  type PathSet,
  start,
  unknownPaths,
} from './path-set.ts';
import type { Reach } from './reach.ts';
import {
  EVERY_HOST,
  EVERY_METHOD,
  EVERYTHING,
  hostSet,
  isHost,
  onlyMethods,
  type RequestSet,
} from './request-set.ts';
import type { SourceTable } from './source-node.ts';

/** What an operation of an AuthorizationPolicy is about: one set without others. */
export interface Operation {
  readonly within: RequestSet;
  readonly without: readonly RequestSet[];
  /** What of it routes cannot say. */
  readonly vague: readonly string[];
}

/** An operation that is left out is every operation. */
export const EVERY_OPERATION: Operation = { within: EVERYTHING, without: [], vague: [] };

export function readOperation(operation: SourceTable): Operation {
  const paths = operation.texts('paths');
  const notPaths = operation.texts('notPaths');
  const hosts = operation.texts('hosts');
  const notHosts = operation.texts('notHosts');
  const methods = operation.texts('methods');
  const notMethods = operation.texts('notMethods') ?? [];
  const unknown = ['ports', 'notPorts'].filter((key) => operation.has(key));
  const within: RequestSet = {
    hosts: hosts === undefined ? EVERY_HOST : hostSet(hosts),
    paths: paths === undefined ? EVERY_PATH : joined(paths.map(istioPaths)),
    methods:
      methods === undefined || methods.includes('*')
        ? EVERY_METHOD
        : methods.some((method) => method.includes('*'))
          ? { inner: { only: methods }, outer: { except: [] } }
          : onlyMethods(methods),
  };
  const foreign = [...unknown, ...operation.unknown().map(({ key }) => key)];
  const named = [...(paths ?? []), ...(notPaths ?? [])];
  return {
    within: foreign.length === 0 ? within : { ...within, paths: { inner: [], outer: within.paths.outer } },
    without: [
      ...(notPaths === undefined ? [] : [{ ...EVERYTHING, paths: joined(notPaths.map(istioPaths)) }]),
      ...(notHosts === undefined ? [] : [{ ...EVERYTHING, hosts: hostSet(notHosts) }]),
      ...(notMethods.length === 0
        ? []
        : [
            {
              ...EVERYTHING,
              methods: notMethods.some((method) => method.includes('*'))
                ? { inner: { only: [] }, outer: { except: [] } }
                : onlyMethods(notMethods),
            },
          ]),
    ],
    vague: [
      ...foreign,
      ...named.filter((path) => !isPlainPath(path)).map((path) => `the path ${path}`),
      ...[...(hosts ?? []), ...(notHosts ?? [])]
        .filter((host) => !isHost(host.toLowerCase()))
        .map((host) => `the host ${host}`),
      ...[...(methods ?? []), ...notMethods]
        .filter((method) => method.includes('*') && method !== '*')
        .map((method) => `the method ${method}`),
    ],
  };
}

/** How much of a cell an operation is about. */
export function operationReach({ within, without }: Operation, reach: (set: RequestSet) => Reach): Reach {
  const own = reach(within);
  const excluded = without.map(reach);
  if (own === 'none' || excluded.includes('all')) return 'none';
  return excluded.includes('some') ? 'some' : own;
}

export const setsOf = ({ within, without }: Operation): readonly RequestSet[] => [within, ...without];

const joined = (sets: readonly PathSet[]): PathSet => ({
  inner: sets.flatMap(({ inner }) => inner),
  outer: sets.flatMap(({ outer }) => outer),
});

/** Whether routes say the same: `/a/*` is text there, and the path `/a` is not among it. */
const isPlainPath = (path: string): boolean => {
  if (path === '*' || path === '/*') return true;
  if (path.includes('{')) return istioPaths(path).inner.length > 0;
  return /^\/(?:[\w.~!@,=+'()&:-]+\/)*(?:\*|[\w.~!@,=+'()&:-]*)$/.test(path);
};

/** Exact, `text*`, `*text`, `*`; `{*}` is one segment, `{**}` any number of them. */
function istioPaths(path: string): PathSet {
  if (path === '*') return EVERY_PATH;
  if (path.startsWith('*') || !path.startsWith('/')) return unknownPaths('');
  if (path.includes('{')) return templatePaths(path);
  return path.endsWith('*') ? exactSet(beginningWith(path.slice(0, -1))) : exactSet(onePath(path));
}

function templatePaths(path: string): PathSet {
  const parts = path.slice(1).split('/');
  const open = parts.at(-1) === '{**}';
  const named = open ? parts.slice(0, -1) : parts;
  if (named.some((part) => part !== '{*}' && /[{}*]/.test(part))) {
    return unknownPaths(path.slice(0, path.indexOf('{')));
  }
  const segments = named.map((part) => (part === '{*}' ? PARAMETER : name(part)));
  return exactSet({ segments: open ? [...segments, start('')] : segments, open });
}
