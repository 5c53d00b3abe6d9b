import type { Route } from '../core/policy.ts';
import { type ConfigProblem, problem, quoted } from './problem.ts';
import type { NamedTable } from './variables.ts';

/** Places where a token is easily lost, or easily put there by somebody else. */
export function warnOfTokenSources(
  tables: readonly NamedTable[],
  routes: readonly Route[],
  warnings: ConfigProblem[],
): void {
  for (const { variable, name } of tables) {
    const sources = routes.find((route) => route.name === name)?.access.sources ?? [];
    sources.forEach((source, index) => {
      const at = [variable, name, 'token_sources', index];
      if (source.kind === 'query') {
        const found = 'query: URLs with tokens end up in histories, logs and Referer (RFC 9700 §4.3.2)';
        warnings.push(problem([...at, 'query'], found, 'another place for the token'));
      }
      if (source.kind === 'cookie' && !/^__(?:Host|Secure)-/.test(source.name)) {
        const allowed = `a name with the prefix "__Host-", such as ${quoted([`__Host-${source.name}`])}`;
        const found = `${quoted([source.name])}, which other hosts of the site and plain connections can set`;
        warnings.push(problem([...at, 'cookie'], found, allowed));
      }
    });
  }
}
