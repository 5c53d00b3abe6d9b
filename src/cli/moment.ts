import { visibleText } from '../core/visible-text.ts';
import { UsageError } from './command.ts';

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A date as seconds since 1970 or in ISO 8601 with its zone. Throws `UsageError` with the option's name. */
export function parseMoment(option: string, text: string): number {
  if (/^\d{9,11}$/.test(text)) return Number(text);
  if (/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)) {
    const ms = Date.parse(text);
    if (!Number.isNaN(ms)) return Math.floor(ms / 1000);
  }
  throw new UsageError(
    `${option}: expected 2026-01-31T12:00:00Z or seconds since 1970, found "${visibleText(text)}".`,
  );
}

/** `30s`, `5m`, `1h` or `90d` in seconds. */
export function parseDuration(option: string, text: string): number {
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * (UNIT_SECONDS[unit] ?? Number.NaN);
  if (seconds > 0) return seconds;
  throw new UsageError(`${option}: expected 30s, 5m, 1h or 90d, found "${visibleText(text)}".`);
}
