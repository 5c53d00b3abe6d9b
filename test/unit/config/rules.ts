import { type CompiledConfig, compilePolicy } from '../../../src/config/compile.ts';
import type { ConfigProblem } from '../../../src/config/problem.ts';
import type { Result } from '../../../src/core/result.ts';
import { REQUEST_RULES } from '../../../src/gateway/request-rules.ts';

/** The real rules of the other rooms. */
export const RULES = REQUEST_RULES;

export type Table = Readonly<Record<string, unknown>>;

export const ISSUER: Table = { issuer: 'https://id.example', audience: 'https://api.example' };
export const ROUTE: Table = { path: '/orders/*', origin: 'https://orders.example' };

/** Like the runtime's bindings: an object of a class, not a table. */
export class Binding {
  fetch(): undefined {}
  idFromName(): undefined {}
}

/** An `env` with one issuer, one route and everything they need; a key given as undefined is left out. */
export function envWith(issuer: Table = {}, route: Table = {}, rest: Table = {}): Table {
  return {
    ISSUERS: { acme: defined({ ...ISSUER, ...issuer }) },
    ROUTES: { orders: defined({ ...ROUTE, ...route }) },
    REVOCATIONS: new Binding(),
    ORDERS: new Binding(),
    ...rest,
  };
}

const defined = (table: Table): Table =>
  Object.fromEntries(Object.entries(table).filter(([, value]) => value !== undefined));

export const compile = (env: Table): Result<CompiledConfig, readonly ConfigProblem[]> =>
  compilePolicy(env, RULES);

export function problemsOf(env: Table): readonly ConfigProblem[] {
  const result = compile(env);
  return result.ok ? [] : result.error;
}

export function compiled(env: Table): CompiledConfig {
  const result = compile(env);
  if (!result.ok) throw new Error(JSON.stringify(result.error, null, 2));
  return result.value;
}
