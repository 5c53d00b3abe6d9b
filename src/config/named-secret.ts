import { resemblesSecret } from './fields.ts';
import { type Reading, secretInPlace } from './place.ts';
import { problem } from './problem.ts';
import type { Bindings } from './variables.ts';

/** Stands for a secret that is set at deploy, where a file alone is checked: of its form nothing can be told. */
export const ASSUMED_SECRET = 'assumed '.repeat(16);

/** The secret of this name; undefined where there is none to look at, with what is wrong told at `path`. Never repeated. */
export function namedSecret(
  binding: string,
  bindings: Bindings,
  allowed: string,
  { path, problems }: Reading,
): string | undefined {
  const secret = Object.hasOwn(bindings, binding) ? bindings[binding] : undefined;
  if (secret === undefined && resemblesSecret(binding)) {
    problems.push(secretInPlace(path));
  } else if (typeof secret !== 'string') {
    const hint = 'npx wrangler secret put <name>, and .dev.vars locally';
    problems.push(problem(path, 'no secret of this name', allowed, hint));
  }
  return typeof secret === 'string' && secret !== ASSUMED_SECRET ? secret : undefined;
}
