import type { PathMapping } from '../core/origin-policy.ts';
import type { RoutePath } from '../core/policy.ts';
import type { Reading } from './place.ts';
import { didYouMean, problem, problemAt, quoted } from './problem.ts';
import type { RequestRules } from './request-rules.ts';
import type { RouteTable } from './schema.ts';

interface Mapped {
  readonly table: RouteTable;
  /** The path of the origin, as written. */
  readonly base: string;
  /** undefined: the route's path is faulty, which has been told. */
  readonly path: RoutePath | undefined;
}

/** `origin` with a path, `strip_prefix` and `rewrite`; undefined where none of them changes anything. */
export function compilePathMapping(
  { table, base, path }: Mapped,
  rules: RequestRules,
  { path: route, problems }: Reading,
): PathMapping | undefined {
  const { strip_prefix: strip, rewrite } = table;
  if (base !== '' && !isCanonical(base, rules)) {
    problems.push(problem([...route, 'origin'], `the path ${quoted([base])}`, PATH));
  }
  if (path === undefined || table.path === undefined) return undefined;
  if (strip !== undefined && rewrite !== undefined) {
    problems.push(problem([...route, 'strip_prefix'], 'strip_prefix beside rewrite', 'one of the two'));
    return undefined;
  }
  const own = segmentsOf(table.path);
  if (strip !== undefined) {
    const stripped = segmentsOf(strip);
    if (!strip.startsWith('/') || stripped.length === 0 || stripped.some((name, at) => name !== own[at])) {
      const allowed = `whole segments from the beginning of the route's path ${quoted([table.path])}`;
      problems.push(problemAt([...route, 'strip_prefix'], strip, allowed));
      return undefined;
    }
    return { base, replaced: stripped.length, segments: [] };
  }
  if (rewrite !== undefined) {
    const segments = compileRewrite(rewrite, own, path, rules);
    if (!('fault' in segments)) {
      return { base, replaced: own.length, segments, ...(isReordered(segments) ? { reorders: true } : {}) };
    }
    problems.push(problemAt([...route, 'rewrite'], rewrite, segments.fault, segments.hint));
    return undefined;
  }
  return base === '' ? undefined : { base, replaced: 0, segments: [] };
}

/** Whether a parameter goes behind one that it stood before. */
function isReordered(segments: readonly (string | number)[]): boolean {
  const places = segments.filter((each) => typeof each === 'number');
  return places.some((place, index) => index > 0 && place < (places[index - 1] ?? 0));
}

const PATH = 'a path that everybody reads alike, without a slash at its end';

/** What of a path are its own segments: all of an exact one, those before the `*` of a prefix. */
const segmentsOf = (path: string): readonly string[] => path.replace(/\/\*$/, '').split('/').slice(1);

const isCanonical = (path: string, rules: RequestRules): boolean => {
  const canonical = rules.canonicalPath(path);
  return canonical.ok && canonical.value === path && !/[*?#]/.test(path);
};

function compileRewrite(
  rewrite: string,
  own: readonly string[],
  { kind }: RoutePath,
  rules: RequestRules,
): readonly (string | number)[] | { readonly fault: string; readonly hint?: string | undefined } {
  const starred = rewrite.endsWith('/*');
  if (starred !== (kind === 'prefix')) {
    return kind === 'prefix'
      ? {
          fault: 'a path that ends in "/*", as the route\'s does',
          hint: `did you mean ${quoted([`${rewrite}/*`])}?`,
        }
      : { fault: 'a path without "/*", as the route\'s is' };
  }
  const literal = starred ? rewrite.slice(0, -2) : rewrite;
  const names = literal === '' || literal === '/' ? [] : segmentsOf(literal);
  const placed: (string | number)[] = [];
  for (const name of names) {
    const at = own.indexOf(name);
    if (!name.startsWith(':')) placed.push(name);
    else if (at >= 0) placed.push(at);
    else {
      const parameters = own.filter((each) => each.startsWith(':'));
      const fault = `parameters of the route's path${parameters.length > 0 ? `: ${quoted(parameters)}` : '; it has none'}`;
      return { fault, hint: didYouMean(name, parameters) };
    }
  }
  const plain = names.map((name) => `/${name.startsWith(':') ? 'x' : name}`).join('');
  if (plain !== '' && !isCanonical(plain, rules)) return { fault: PATH };
  return literal === '' || literal.startsWith('/') ? placed : { fault: PATH };
}
