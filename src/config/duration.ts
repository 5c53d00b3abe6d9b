const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `250ms`, `30s`, `5m`, `1h`, `1d`: one whole number and one unit, in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const parts = /^(0|[1-9]\d{0,9})(ms|s|m|h|d)$/.exec(text);
  if (parts === null) return undefined;
  const [, count = '', unit = ''] = parts;
  const ms = Number(count) * (MS_PER_UNIT[unit] ?? Number.NaN);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** A duration that text or a number, in another form or without its unit, was meant for perhaps. */
export function durationHint(text: string): string | undefined {
  const [, count = '', unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  if (count === '' || parseDuration(text) !== undefined) return undefined;
  if (unit === '') return `with its unit: "${count}s"`;
  const short = /^(?:ms|milli)/i.test(unit) ? 'ms' : unit.charAt(0).toLowerCase();
  const ms = Math.round(Number(count) * (MS_PER_UNIT[short] ?? Number.NaN));
  return Number.isSafeInteger(ms) ? `did you mean ${JSON.stringify(durationText(ms))}?` : undefined;
}

/** The same in the largest unit that leaves a whole number. */
export function durationText(ms: number): string {
  const [unit, size] = Object.entries(MS_PER_UNIT)
    .filter(([, size]) => ms > 0 && ms % size === 0)
    .at(-1) ?? ['s', 1_000];
  return `${ms / size}${unit}`;
}
