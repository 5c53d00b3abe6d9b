/** `2026-01-31T12:00:00Z (in 5 min)`. */
export function momentText(seconds: unknown, now: number): string {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || Math.abs(seconds) > 8e12) return 'unknown';
  const date = new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  const away = spanText(Math.abs(seconds - now));
  return seconds >= now ? `${date} (in ${away})` : `${date} (${away} ago)`;
}

function spanText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return seconds < 36 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
