import { OWN_PATH } from '../core/own-paths.ts';
import type { RouteParameter, RoutePath } from '../core/policy.ts';
import type { Reading } from './place.ts';
import { type ConfigProblem, type PathSegment, problem, problemAt, quoted } from './problem.ts';
import type { RequestRules } from './request-rules.ts';
import type { RouteTable } from './schema.ts';

const ALLOWED = 'a path such as "/orders", "/orders/*" or "/users/:id"';

/**
 * `/orders` is exact, `/orders/*` the prefix `/orders`, and `/*` the prefix of everything, held as the empty text. A
 * segment `:name` is a parameter.
 */
export function compilePath(
  table: RouteTable,
  rules: RequestRules,
  { path: route, faulty, problems }: Reading,
): RoutePath | undefined {
  const at = [...route, 'path'];
  if (table.path === undefined) {
    if (!faulty('path')) problems.push(problem(at, 'nothing', ALLOWED));
    return undefined;
  }
  return readPath(table.path, at, rules, problems);
}

function readPath(
  path: string,
  at: readonly PathSegment[],
  rules: RequestRules,
  problems: ConfigProblem[],
): RoutePath | undefined {
  const prefix = path.endsWith('/*');
  const value = prefix ? path.slice(0, -2) : path;
  const whole = prefix ? `${value}/` : value;
  if (value === OWN_PATH || value.startsWith(`${OWN_PATH}/`)) {
    problems.push(problemAt(at, path, `a path outside ${OWN_PATH}, which the gateway answers itself`));
    return undefined;
  }
  const fault = parameterFault(value, prefix);
  if (fault !== undefined) {
    problems.push(problemAt(at, path, fault.allowed, fault.hint));
    return undefined;
  }
  const canonical = rules.canonicalPath(whole);
  if (canonical.ok && canonical.value === whole && !/[*?#]/.test(whole)) {
    const parameters = parametersOf(value);
    return {
      kind: prefix ? 'prefix' : 'exact',
      value,
      ...(parameters.length === 0 ? {} : { parameters }),
    };
  }
  problems.push(problemAt(at, path, `${ALLOWED}, ${PATH_RULES}`, pathHint(path, rules)));
  return undefined;
}

const PATH_RULES = `that everybody reads alike: no "..", "//", ";", "\\", "?", "#" or needless escape, escapes in upper case, "*" only as the last segment`;

const parametersOf = (value: string): readonly RouteParameter[] =>
  value
    .split('/')
    .slice(1)
    .flatMap((segment, index) => (segment.startsWith(':') ? [{ name: segment.slice(1), index }] : []));

const PARAMETER_RULES =
  'a whole segment ":name" for a parameter: a letter, then up to 31 letters, digits and "_"; each name once, 8 at most';

/** A segment that is, or was meant for, a parameter and is none. */
const NO_PARAMETER = /\/(?::(?![A-Za-z]\w{0,31}(?:\/|$))[^/]*|%3a[^/]*|[^/]*\{[^/]*\}[^/]*|<[^/]*>)(?=\/|$)/i;
const OTHER_SPELLING = /\/(?:\{(\w+)\}|<(?:\w+:)?(\w+)>)(?=\/|$)/g;

function parameterFault(
  value: string,
  prefix: boolean,
): { readonly allowed: string; readonly hint?: string } | undefined {
  if (NO_PARAMETER.test(value)) {
    const meant = value.replace(OTHER_SPELLING, (_, braced, angled) => `/:${braced ?? angled}`);
    return meant === value
      ? { allowed: PARAMETER_RULES }
      : { allowed: PARAMETER_RULES, hint: `did you mean ${quoted([prefix ? `${meant}/*` : meant])}?` };
  }
  const names = parametersOf(value).map(({ name }) => name);
  if (new Set(names).size < names.length || names.length > 8) return { allowed: PARAMETER_RULES };
  return names.length > 0 && /%(?:23|3f)/i.test(value)
    ? { allowed: 'a path with parameters without "%23" and "%3F", where some origins end it' }
    : undefined;
}

/** A host in front of a path: its labels, and what follows. */
const HOST_FIRST = /^(?:https?:\/\/([^/?#@]+)|([\w-]+(?:\.[\w-]+)+))(\/.*)$/i;
const REGULAR_EXPRESSION = /^[\^~]|\$$|\\|[.)\]][*+?]|\([^)]*\)/;

/** The nearest path that is one: with its slash, its wildcard or its escapes put right. */
function pathHint(path: string, rules: RequestRules): string | undefined {
  const [, authority, labels, rest] = HOST_FIRST.exec(path) ?? [];
  if (rest !== undefined)
    return `did you mean path = ${quoted([rest])} and host = ${quoted([authority ?? labels ?? ''])}?`;
  if (REGULAR_EXPRESSION.test(path))
    return 'a path is no regular expression: "/orders/*" is all below /orders';
  if (path === '*') return 'did you mean "/*"?';
  if (/\/\*\*$/.test(path)) return `did you mean ${quoted([path.slice(0, -1)])}?`;
  if (/\/\*\//.test(path)) return 'for one segment of any name, a parameter: "/users/:id/orders"';
  const slashed = /^[\w-]/.test(path) ? `/${path}` : path;
  const starred = slashed.replace(/([^/*])\*$/, '$1/*');
  const escaped = starred.isWellFormed() && !starred.includes('%') ? encodeURI(starred) : starred;
  const [, value = '', wildcard = ''] = /^(.*?)(\*?)$/s.exec(escaped) ?? [];
  const canonical = rules.canonicalPath(value);
  const meant = canonical.ok && !/[*?#]/.test(canonical.value) ? canonical.value + wildcard : path;
  return meant === path ? undefined : `did you mean ${quoted([meant])}?`;
}
