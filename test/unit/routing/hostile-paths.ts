import fc from '../../fixtures/draws.ts';

const PARTS = [
  ...'////aaabbk;;.:$|[%',
  'api',
  'admin',
  'status',
  'ss',
  'API',
  '%2F',
  '%2f',
  '%5C',
  '%3B',
  '%3b',
  '%3F',
  '%23',
  '%25',
  '%252F',
  '%25252f',
  '%2561',
  '%61',
  '%41',
  '%20',
  '%2E',
  '%3A:$DATA',
  '::$DATA',
  ':$I30:$INDEX_ALLOCATION',
  '%C3%9F',
  '%C4%B1',
  '%C4%B0',
  '%E2%84%AA',
  '%EF%BC%8F',
  '%EF%BC%9B',
  '%EF%BC%9F',
  '%EF%BD%81',
  '%E2%88%95',
  '%E2%80%8B',
  '%C3%A1',
  '%C2%A5',
  '%CE%B1',
  ';v=1',
  '.portcullis',
  '%2Eportcullis',
];

/** Paths that readers of all sorts read differently. */
export const paths = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 7 }).map((parts) => `/${parts.join('')}`),
  fc
    .tuple(
      fc.constantFrom('/a', '/a/b', '/api', '/api/admin', '/api/status', '/'),
      fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 4 }),
    )
    .map(([start, parts]) => `${start}${parts.join('')}`),
  fc
    .tuple(
      fc.array(fc.constantFrom('a', 'b', 'api', 'admin', 'status', 'k'), { minLength: 1, maxLength: 4 }),
      fc.array(
        fc.constantFrom('/', '/', '//', '%2F', '%5c', ';x/', ';x%2F', ';%2F', '%252f', '%3B%2F', '%3F/'),
        {
          minLength: 4,
          maxLength: 4,
        },
      ),
    )
    .map(([names, between]) => `/${names.map((name, at) => name + (between[at] ?? '')).join('')}`),
);

export const isOwn = (reading: string) => /^\/\.portcullis(?:\/|$)/.test(reading);

/**
 * Which paths the two must agree on in both directions. Where several slashes are hidden in one path, the walk also
 * counts readers who see some of them and not others, of whom there may be none.
 */
export function refusedForARealReader(path: string): boolean {
  const hidden = path.match(/%(?:25)*(?:2f|5c|c2%a5|ef%bc%8f|e2%88%95)/gi) ?? [];
  return hidden.length === 0 || (hidden.length === 1 && !path.includes(':'));
}
