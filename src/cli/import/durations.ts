/** Protobuf's and Go's durations, in seconds: `300s`, `1.5s`, `1h30m`, `{ seconds: 300 }`; undefined: something else. */
export function durationSeconds(given: unknown): number | undefined {
  if (typeof given === 'number') return given;
  if (typeof given === 'object' && given !== null && 'seconds' in given) return Number(given.seconds);
  if (typeof given !== 'string') return undefined;
  const parts = [...given.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map(([text]) => text).join('') !== given) return undefined;
  return parts.reduce((sum, [, count, unit = 's']) => sum + Number(count) * (SECONDS[unit] ?? 0), 0);
}

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** As the configuration has them, a whole number and a unit, within bounds in seconds. */
export function durationText(seconds: number, least: number, most: number): string {
  const bounded = Math.min(Math.max(seconds, least), most);
  return Number.isInteger(bounded) ? `${bounded}s` : `${Math.floor(bounded * 1000)}ms`;
}
