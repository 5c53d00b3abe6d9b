import { EVERY_PATH, isSaid, type PathSet } from './path-set.ts';

/** Which requests something of the peer's is about. */
export interface RequestSet {
  readonly hosts: HostSet;
  readonly paths: PathSet;
  readonly methods: MethodSet;
}

/** Hosts as routes write them, `*` for any. Every host of `inner` is in the set, and those of the set are in `outer`. */
export interface HostSet {
  readonly inner: readonly string[];
  readonly outer: readonly string[];
}

export interface MethodSet {
  readonly inner: Methods;
  readonly outer: Methods;
}

/** `except`: every method but these. */
type Methods = { readonly only: readonly string[] } | { readonly except: readonly string[] };

export const EVERY_HOST: HostSet = { inner: ['*'], outer: ['*'] };
export const UNKNOWN_HOST: HostSet = { inner: [], outer: ['*'] };

const every: Methods = { except: [] };
export const EVERY_METHOD: MethodSet = { inner: every, outer: every };
export const UNKNOWN_METHOD: MethodSet = { inner: { only: [] }, outer: every };

export const EVERYTHING: RequestSet = { hosts: EVERY_HOST, paths: EVERY_PATH, methods: EVERY_METHOD };

export const onlyMethods = (methods: readonly string[]): MethodSet => ({
  inner: { only: methods },
  outer: { only: methods },
});
export const otherMethods = (methods: readonly string[]): MethodSet => ({
  inner: { except: methods },
  outer: { except: methods },
});

/** Names, and `*.` before a name; whatever else a peer may write is unknown. Ports are left to the caller. */
export function hostSet(hosts: readonly string[]): HostSet {
  const known = hosts.map((host) => host.toLowerCase()).filter(isHost);
  return known.length === hosts.length ? { inner: known, outer: known } : { inner: known, outer: ['*'] };
}

export const isHost = (host: string): boolean =>
  host === '*' ||
  /^(?:\*\.)?(?=.{1,253}$)(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)*(?!\d+$)(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(host);

/** Whether every host of `a` is one of `b`. */
export const isHostWithin = (a: string, b: string): boolean =>
  b === '*' || a === b || (b.startsWith('*.') && a.endsWith(b.slice(1)) && a !== b.slice(1));

export const hasMethod = (methods: Methods, method: string | undefined): boolean =>
  'only' in methods
    ? method !== undefined && methods.only.includes(method)
    : method === undefined || !methods.except.includes(method);

export const namedMethods = ({ inner, outer }: MethodSet): readonly string[] =>
  [inner, outer].flatMap((methods) => ('only' in methods ? methods.only : methods.except));

/** Whether routes can say the set as it is. */
export const isSaidWhole = ({ hosts, paths, methods }: RequestSet): boolean =>
  JSON.stringify(hosts.inner) === JSON.stringify(hosts.outer) &&
  JSON.stringify(methods.inner) === JSON.stringify(methods.outer) &&
  JSON.stringify(paths.inner) === JSON.stringify(paths.outer) &&
  paths.inner.every(isSaid);
