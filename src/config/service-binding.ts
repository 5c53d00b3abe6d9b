import { type ConfigProblem, didYouMean, type PathSegment, problemAt } from './problem.ts';
import type { Bindings } from './variables.ts';

/** Refuses the name of what is no service binding. */
export function checkService(
  name: string,
  bindings: Bindings,
  at: readonly PathSegment[],
  problems: ConfigProblem[],
): void {
  if (isFetcher(bindings, name)) return;
  const services = Object.keys(bindings).filter((key) => isFetcher(bindings, key));
  problems.push(
    problemAt(at, `service:${name}`, 'a service binding of this Worker', didYouMean(name, services)),
  );
}

/** Whether the Worker has a binding of this name that can be asked: a service, or a client certificate. */
export function isFetcher(bindings: Bindings, name: string): boolean {
  const binding = Object.hasOwn(bindings, name) ? bindings[name] : undefined;
  try {
    return (
      typeof binding === 'object' &&
      binding !== null &&
      'fetch' in binding &&
      typeof binding.fetch === 'function'
    );
  } catch {
    return false;
  }
}
