/**
 * What origins are known to do to a path, each by itself and knowing nothing of `src/routing`. Deliberately naive: text in,
 * text out.
 */
const STEPS: Readonly<Record<string, (path: string) => string>> = {
  decode: (path) => lenient(path, /(?:%[0-9a-f]{2})+/gi),
  decodeAllButSlashes: (path) => lenient(path, /(?:%(?!2f|5c)[0-9a-f]{2})+/gi),
  decodeFirstSlash: (path) => path.replace(/%2f/i, '/'),
  decodeUnreserved: (path) => lenient(path, /(?:%(?:2[de]|3\d|[46][1-9a-f]|[57][0-9a]|5f|7e))+/gi),
  mergeSlashes: (path) => path.replace(/\/{2,}/g, '/'),
  backslash: (path) => path.replaceAll('\\', '/'),
  dropParameters: (path) => path.replace(/;[^/]*/g, ''),
  endAtDelimiter: (path) => path.replace(/[?#].*$/s, ''),
  lower: (path) => path.toLowerCase(),
  upper: (path) => path.toUpperCase().toLowerCase(),
  compatible: (path) => path.normalize('NFKC'),
  compatibleButSlashes: (path) =>
    path.replace(/[^/\\]/gu, (one) => (/[/\\]/.test(one.normalize('NFKC')) ? one : one.normalize('NFKC'))),
  invisible: (path) => path.replace(/\p{Default_Ignorable_Code_Point}/gu, ''),
  accents: (path) => path.normalize('NFD').replace(/\p{Mn}/gu, ''),
  bestFit: (path) =>
    path
      .replace(/[∕⁄]/g, '/')
      .replace(/[∖¥₩]/g, '\\')
      .replace(/ø/g, 'o')
      .replace(/ł/g, 'l')
      .replace(/α/g, 'a'),
  trailingSlash: (path) => path.replace(/(?<=.)\/$/, ''),
  windowsEnds: (path) =>
    path
      .split('/')
      .map((name) => name.replace(/[. ]+$/, ''))
      .join('/'),
  surroundingSpace: (path) =>
    path
      .split('/')
      .map((name) => name.trim())
      .join('/'),
  streams: (path) =>
    path
      .split('/')
      .map((name) => name.replace(/:.*$/s, (rest) => (rest.includes(':$') ? '' : rest)))
      .join('/'),
};

function lenient(path: string, escapes: RegExp): string {
  return path.replace(escapes, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}

/** Every text that some sequence of steps makes of a path, the path itself included; the search ends after `most`. */
export function allReadings(path: string, most = 4_000): ReadonlySet<string> {
  const seen = new Set([path]);
  for (const text of seen) {
    for (const step of Object.values(STEPS)) {
      seen.add(step(text));
    }
    if (seen.size > most) break;
  }
  return seen;
}
