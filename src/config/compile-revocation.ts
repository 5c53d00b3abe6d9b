import type { RevocationPolicy } from '../core/policy.ts';
import { REVOCATION_DEFAULTS } from './defaults.ts';
import type { Reading } from './place.ts';
import { problem, quoted } from './problem.ts';
import type { RouteTable } from './schema.ts';

/** A route without authentication has no token to look up: its mode is `off` whether written or not. */
export function compileRevocation(
  table: NonNullable<RouteTable['revocation']>,
  required: boolean,
  { path: route, faulty, problems }: Reading,
): RevocationPolicy {
  const at = [...route, 'revocation'];
  const mode = table.mode ?? (required ? REVOCATION_DEFAULTS.mode : 'off');
  if (!required && mode !== 'off') {
    problems.push(
      problem(
        [...at, 'mode'],
        `${quoted([mode])} beside authentication = "none"`,
        '"off", or no revocation key',
      ),
    );
  }
  const bounded = mode === 'cached' || mode === 'replicated';
  const useless = [
    ...(bounded ? [] : (['max_staleness'] as const)),
    ...(mode === 'off' ? (['on_unavailable', 'timeout'] as const) : []),
  ];
  for (const key of useless) {
    if (table[key] === undefined || faulty('revocation', 'mode')) continue;
    const found = `${key} beside mode ${quoted([mode])}`;
    problems.push(problem([...at, key], found, `no ${key}: it has no effect in this mode`));
  }
  return {
    mode,
    maxStalenessSeconds: bounded ? (table.max_staleness ?? REVOCATION_DEFAULTS.maxStaleness) / 1_000 : 0,
    onUnavailable: table.on_unavailable ?? REVOCATION_DEFAULTS.onUnavailable,
    timeoutMs: table.timeout ?? REVOCATION_DEFAULTS.timeout,
  };
}
