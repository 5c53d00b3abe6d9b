const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
] as const;

/** How long, in the largest unit of which there are two, or one: `45 s`, `3 min`, `26 h`, `2 d`. */
export function distance(seconds: number): string {
  const whole = Math.abs(Math.round(seconds));
  for (const [size, unit] of UNITS) {
    const least = unit === 'd' ? 2 * size : size;
    if (whole >= least) return `${Math.floor(whole / size)} ${unit}`;
  }
  return `${whole} s`;
}

/** Beside now: `3 min ago`, `in 2 h`, `just now`. Both in seconds since 1970. */
export function beside(at: number, now: number): string {
  const seconds = at - now;
  if (Math.abs(seconds) < 1) return 'just now';
  return seconds < 0 ? `${distance(seconds)} ago` : `in ${distance(seconds)}`;
}

/** Of a token's `exp`: `expired 3 min ago`, `expires in 5 min`. */
export const expiry = (at: number, now: number): string =>
  at <= now ? `expired ${beside(at, now)}` : `expires ${beside(at, now)}`;

/** `2026-11-28T15:00:00Z`; what is no date stays the number it is. */
export function isoTime(at: number): string {
  const date = new Date(at * 1_000);
  return Number.isNaN(date.getTime()) ? String(at) : `${date.toISOString().slice(0, 19)}Z`;
}
