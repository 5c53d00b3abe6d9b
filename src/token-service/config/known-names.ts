import type { Place } from '../../config/place.ts';
import { didYouMean, problemAt, quoted } from '../../config/problem.ts';

/** Names that stand for something; of each other one the mistake is told. */
export function knownNames(
  names: readonly string[],
  key: string,
  there: { has(name: string): boolean; keys(): Iterable<string> },
  { path, problems }: Pick<Place, 'path' | 'problems'>,
): readonly string[] {
  return names.filter((name, index) => {
    if (there.has(name)) return true;
    const allowed = quoted(there.keys()) || 'a table; there is none';
    problems.push(problemAt([...path, key, index], name, allowed, didYouMean(name, there.keys())));
    return false;
  });
}
