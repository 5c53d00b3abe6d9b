import { type Expression, parseExpression } from './boolean-expression.ts';
import { pathsContaining } from './path-regex.ts';
import { beginningWith, EVERY_PATH, exactSet, onePath, type PathSet, unknownPaths } from './path-set.ts';
import {
  EVERY_HOST,
  EVERY_METHOD,
  hostSet,
  onlyMethods,
  type RequestSet,
  UNKNOWN_HOST,
} from './request-set.ts';

const MAX_ALTERNATIVES = 64;

/** The requests of a router's rule: what is in any of the sets. Of what is not known there is nothing within, and it may be any. */
export function readRule(text: string): {
  readonly sets: readonly RequestSet[];
  readonly unknown: readonly string[];
} {
  const expression = parseExpression(text);
  const alternatives = expression === undefined ? undefined : alternativesOf(expression);
  if (alternatives === undefined) {
    return {
      sets: [{ hosts: UNKNOWN_HOST, paths: unknownPaths(''), methods: EVERY_METHOD }],
      unknown: [`the rule ${text}`],
    };
  }
  const read = alternatives.map(setOf);
  return { sets: read.map(({ set }) => set), unknown: read.flatMap(({ unknown }) => unknown) };
}

/** Conjunctions of matchers; undefined: too many. */
function alternativesOf(expression: Expression): readonly (readonly Expression[])[] | undefined {
  if (expression.kind === 'any') {
    const parts = expression.parts.map(alternativesOf);
    return parts.every((part) => part !== undefined) ? bounded(parts.flat()) : undefined;
  }
  if (expression.kind !== 'all') return [[expression]];
  let joined: readonly (readonly Expression[])[] | undefined = [[]];
  for (const part of expression.parts) {
    const own = alternativesOf(part);
    if (own === undefined || joined === undefined) return undefined;
    joined = bounded(joined.flatMap((one) => own.map((other) => [...one, ...other])));
  }
  return joined;
}

const bounded = <T>(list: readonly T[]): readonly T[] | undefined =>
  list.length > MAX_ALTERNATIVES ? undefined : list;

function setOf(matchers: readonly Expression[]): {
  readonly set: RequestSet;
  readonly unknown: readonly string[];
} {
  const calls = matchers.flatMap((matcher) => (matcher.kind === 'call' ? [matcher] : []));
  const ofKind = (...names: readonly string[]) => calls.filter(({ name }) => names.includes(name));
  const [host, ...hosts] = ofKind('Host');
  const [path, ...paths] = ofKind('Path', 'PathPrefix', 'PathRegexp');
  const [method, ...methods] = ofKind('Method');
  const foreign = matchers.filter(
    (matcher) =>
      matcher.kind !== 'call' ||
      !['Host', 'Path', 'PathPrefix', 'PathRegexp', 'Method'].includes(matcher.name),
  );
  const read =
    path === undefined ? EVERY_PATH : joined(path.values.map((value) => pathsOf(path.name, value)));
  const unknown = [
    ...foreign.map((matcher) => (matcher.kind === 'call' ? matcher.name : 'a negation')),
    ...([hosts, paths, methods].some((more) => more.length > 0) ? ['several matchers of one kind'] : []),
    // One label there, and here any number of them.
    ...(host?.values.some((each) => /^\*./.test(each)) ? [`the host ${host.values.join(', ')}`] : []),
    ...(read.inner.length === 0 ? [`the path ${path?.values.join(', ')}`] : []),
  ];
  return {
    set: {
      hosts: host === undefined || host.values.includes('*') ? EVERY_HOST : hostSet(host.values),
      paths: unknown.length === 0 ? read : { inner: [], outer: read.outer },
      methods:
        method === undefined ? EVERY_METHOD : onlyMethods(method.values.map((value) => value.toUpperCase())),
    },
    unknown,
  };
}

function pathsOf(kind: string, value: string): PathSet {
  if (kind === 'PathRegexp') return pathsContaining(value);
  if (!value.startsWith('/') || value.includes('{')) return unknownPaths('');
  return exactSet(kind === 'Path' ? onePath(value) : beginningWith(value));
}

const joined = (sets: readonly PathSet[]): PathSet => ({
  inner: sets.flatMap(({ inner }) => inner),
  outer: sets.flatMap(({ outer }) => outer),
});
