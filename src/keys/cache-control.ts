/** RFC 9111 §1.2.2: a delta-seconds that overflows is read as the largest, not refused. */
const MAX_DELTA_SECONDS = 2_147_483_648;

/**
 * Seconds of freshness that a response's own headers leave it at the moment it arrives (RFC 9111 §4.2.1 and
 * §4.2.3), as a shared cache reads them: `s-maxage`, then `max-age`, then `Expires`, less `Age`.
 * 0 for `no-store`, `no-cache` and what cannot be read; undefined when the headers say nothing.
 */
export const explicitFreshSeconds = (headers: Headers): number | undefined => {
  const directives = parseCacheControl(headers.get('cache-control') ?? '');
  if (directives.has('no-store') || directives.has('no-cache')) return 0;
  const age = ageSeconds(headers);
  for (const name of ['s-maxage', 'max-age']) {
    const value = directives.get(name);
    if (value !== undefined) return Math.max(0, (deltaSeconds(value) ?? 0) - age);
  }
  const expires = headers.get('expires');
  if (expires === null) return undefined;
  const seconds = httpDate(expires) - httpDate(headers.get('date') ?? '');
  return Number.isFinite(seconds) ? Math.max(0, seconds - age) : 0;
};

/** How long a response has been in caches on the way (RFC 9111 §5.1); 0 where it says nothing that can be read. */
export const ageSeconds = (headers: Headers): number =>
  deltaSeconds(headers.get('age')?.split(',')[0] ?? '') ?? 0;

/** Directive names in lower case; the first of a repeated directive counts (RFC 9111 §4.2.1). */
const parseCacheControl = (value: string): ReadonlyMap<string, string> => {
  const directives = new Map<string, string>();
  for (const part of value.split(',')) {
    const equals = part.indexOf('=');
    const name = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase();
    const argument = equals === -1 ? '' : part.slice(equals + 1).trim();
    if (name !== '' && !directives.has(name)) directives.set(name, argument.replace(/^"(.*)"$/, '$1'));
  }
  return directives;
};

const deltaSeconds = (text: string): number | undefined =>
  /^[0-9]+$/.test(text.trim()) ? Math.min(Number(text), MAX_DELTA_SECONDS) : undefined;

/** Seconds of an IMF-fixdate (RFC 9110 §5.6.7); NaN for anything else, which `Date.parse` would guess at. */
const httpDate = (text: string): number =>
  /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/.test(text)
    ? Date.parse(text) / 1_000
    : Number.NaN;
