import { type ConfigProblem, problem } from '../config/problem.ts';
import type { Table } from './wrangler-source.ts';

const OURS = /^(ISSUERS|ROUTES|ROUTE_DEFAULTS|ROUTE_GROUPS|GATEWAY|CONTROL|TOKEN_SERVICE)(?:_\w+)?$/;
/** Variables are told apart by letter case; of the gateway's the Worker tells itself. */
const NEARLY_OURS = /^(?:control|token_service)$/i;
/** Spellings of `vars` that wrangler knows nothing of. */
const NEARLY_VARS = /^(?:var|variables?|vars)$/i;

/** Tables of ours that stand where wrangler takes them for no variables, and so for nothing at all. */
export function misplacedTables(
  whole: Table,
  section: Table,
  environment: string | undefined,
): readonly ConfigProblem[] {
  const root = environment === undefined ? [] : ['env', environment];
  const vars = [...root, 'vars'].join('.');
  const told = (path: readonly string[], name: string) =>
    problem([...root, ...path], 'a table that no Worker reads', `[${vars}.${name}…]`);
  const found = Object.entries(section).flatMap(([key, value]) => {
    if (OURS.test(key)) return [told([key], key)];
    if (key === 'vars') {
      const names = Object.keys(Object(value)).filter((name) => NEARLY_OURS.test(name) && !OURS.test(name));
      return names.map((name) => told([key, name], name.toUpperCase()));
    }
    return NEARLY_VARS.test(key) ? oursIn(value).map((name) => told([key, name], name)) : [];
  });
  if (environment === undefined) return found;
  const here = new Set(oursIn(section.vars).map(familyOf));
  const lost = [...new Set(oursIn(whole.vars).map(familyOf))].filter((family) => !here.has(family));
  const inherited = 'which an environment does not inherit';
  return [
    ...found,
    ...lost.map((family) =>
      problem(
        [...root, 'vars', family],
        `nothing beside [vars.${family}…], ${inherited}`,
        `[${vars}.${family}…]`,
      ),
    ),
  ];
}

const oursIn = (value: unknown): readonly string[] =>
  Object.keys(Object(value)).filter((name) => OURS.test(name));

const familyOf = (name: string): string => OURS.exec(name)?.[1] ?? name;
