import { OWN_PATH } from '../core/own-paths.ts';
import type { RoutePath } from '../core/policy.ts';
import type { Reading } from './place.ts';
import { problem, problemAt, quoted } from './problem.ts';
import type { RequestRules } from './request-rules.ts';
import type { RouteTable } from './schema.ts';

/** `/orders` is exact, `/orders/*` the prefix `/orders`, and `/*` the prefix of everything, held as the empty text. */
export function compilePath(
  table: RouteTable,
  rules: RequestRules,
  { path: route, faulty, problems }: Reading,
): RoutePath | undefined {
  const at = [...route, 'path'];
  const allowed = 'a path such as "/orders" or "/orders/*"';
  if (table.path === undefined) {
    if (!faulty('path')) problems.push(problem(at, 'nothing', allowed));
    return undefined;
  }
  const prefix = table.path.endsWith('/*');
  const value = prefix ? table.path.slice(0, -2) : table.path;
  const whole = prefix ? `${value}/` : value;
  if (value === OWN_PATH || value.startsWith(`${OWN_PATH}/`)) {
    problems.push(problemAt(at, table.path, `a path outside ${OWN_PATH}, which the gateway answers itself`));
    return undefined;
  }
  if (PARAMETER.test(table.path)) {
    const allowed = 'a path without parameters: "/orders/*" is /orders and everything below';
    problems.push(problemAt(at, table.path, allowed, beforeParameter(table.path, rules)));
    return undefined;
  }
  const canonical = rules.canonicalPath(whole);
  if (canonical.ok && canonical.value === whole && !/[*?#]/.test(whole)) {
    return { kind: prefix ? 'prefix' : 'exact', value };
  }
  problems.push(problemAt(at, table.path, `${allowed}, ${PATH_RULES}`, pathHint(table.path, rules)));
  return undefined;
}

const PATH_RULES = `that everybody reads alike: no "..", "//", ";", "\\", "?", "#" or needless escape, escapes in upper case, "*" only as the last segment`;

/** A whole segment `:id`, `{id}` or `<id>`: it would match itself alone, and leave what was meant to a wider route. */
const PARAMETER = /\/(?::\w[^/]*|\{[^/]*\}|<[^/]*>)(?=\/|$)/;

function beforeParameter(path: string, rules: RequestRules): string | undefined {
  const kept = path.slice(0, path.search(PARAMETER));
  const canonical = rules.canonicalPath(`${kept}/`);
  return canonical.ok && canonical.value === `${kept}/`
    ? `did you mean ${quoted([`${kept}/*`])}?`
    : undefined;
}

/** The nearest path that is one: with its slash, its wildcard or its escapes put right. */
function pathHint(path: string, rules: RequestRules): string | undefined {
  const slashed = /^[\w-]/.test(path) ? `/${path}` : path;
  const starred = slashed.replace(/([^/*])\*$/, '$1/*');
  const escaped = starred.isWellFormed() && !starred.includes('%') ? encodeURI(starred) : starred;
  const [, value = '', wildcard = ''] = /^(.*?)(\*?)$/s.exec(escaped) ?? [];
  const canonical = rules.canonicalPath(value);
  const meant = canonical.ok && !/[*?#]/.test(canonical.value) ? canonical.value + wildcard : path;
  return meant === path ? undefined : `did you mean ${quoted([meant])}?`;
}
