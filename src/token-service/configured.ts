import type { ConfigProblem } from '../config/problem.ts';
import type { Result } from '../core/result.ts';
import { type CompiledService, compileService } from './config/compile.ts';
import type { ServicePolicy } from './policy.ts';

/** The variables are the same object for every request and every Durable Object of an isolate. */
let current:
  | { readonly given: object; readonly compiled: Result<CompiledService, readonly ConfigProblem[]> }
  | undefined;

export function compiledFrom(given: object): Result<CompiledService, readonly ConfigProblem[]> {
  if (current?.given !== given) current = { given, compiled: compileService({ ...given }) };
  return current.compiled;
}

/** For the Durable Objects: nobody calls them before the Worker has accepted the same variables. */
export function policyOf(given: object): ServicePolicy {
  const compiled = compiledFrom(given);
  if (!compiled.ok) throw new TypeError('the token service is not configured');
  return compiled.value.policy;
}
