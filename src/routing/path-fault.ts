import { readingsOf } from './readings.ts';

/** Rules on a route's path, in the order in which they are reported. Each is linear. */
const RAW_FAULTS: readonly (readonly [fault: string, RegExp])[] = [
  ['path_not_absolute', /^(?!\/)/],
  ['backslash', /\\/],
  ['parameter', /;/],
  ['empty_segment', /\/\//],
  ['dot_segment', /\/\.+(?:\/|$)/],
  ['path_character', /[^\w.~!$&'()*+,=:@/%-]/],
  ['escape_invalid', /%(?![0-9a-f]{2})/i],
  ['escape_of_delimiter', /%(?:2f|5c|3b)/i],
  ['escape_of_control', /%(?:[01][0-9a-f]|7f|c2%[89])/i],
  ['escape_of_unreserved', /%(?:2[de]|3[0-9]|[46][1-9a-f]|[57][0-9a]|5f|7e)/i],
  ['escape_twice', /%25(?:[0-9a-f]{2}|u[0-9a-f]{4})/i],
];

/**
 * Rules on a request's path. `fetch` would turn `\` into `/`, resolve dots, and escape the characters that are not
 * listed, so that the origin would get another path than was decided on.
 */
const TARGET_FAULTS: readonly (readonly [fault: string, RegExp])[] = [
  ['path_not_absolute', /^(?!\/)/],
  ['backslash', /\\/],
  ['dot_segment', /\/\.+(?:\/|$)/],
  ['path_character', /[^\w.~!$&'()*+,=:@/%;|[\]-]/],
  ['escape_invalid', /%(?![0-9a-f]{2})/i],
];

/**
 * The first rule that the path of a request breaks whatever the routes are, or undefined when it can be forwarded byte
 * for byte and no reader sees a dot segment or a control character in it. Knows nothing of routes.
 */
export function targetFault(path: string): string | undefined {
  for (const [fault, rule] of TARGET_FAULTS) if (rule.test(path)) return fault;
  const read = readingsOf(path);
  return 'fault' in read ? read.fault : undefined;
}

/** Characters that common code pages map to a slash or backslash although Unicode normalisation does not. */
const LOOKS_LIKE_SLASH = /[\u00a5\u20a9\u2044\u2215\u2216\u29f5\u29f8\u29f9]/;

/** Invisible characters that some file systems and browsers leave out. */
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * What a decoded, normalised path must not show; `/` itself is counted. Segments of dots and white space alone are
 * `..` to Windows; a decoded `?` or `#` ends the path for an origin that parses it once more.
 */
const READS_AS_STRUCTURE = /[\\;]|\/\/|\/[.\s]+(?:[/?#]|$)|%[0-9a-f]{2}/i;

/**
 * The first rule that a route's path breaks, or undefined when every reader that follows RFC 3986, the URL
 * Standard, or decodes once, with or without Unicode compatibility normalisation (UAX #15, NFKC), sees the same
 * segments. A segment of dots alone is refused however many they are. Knows nothing of routes, of letter case, of
 * origins that drop a dot or space at the end of a name (Windows), or that read the path in an encoding other than UTF-8.
 */
export function pathFault(path: string): string | undefined {
  for (const [fault, rule] of RAW_FAULTS) if (rule.test(path)) return fault;
  if (!path.includes('%')) return undefined;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return 'escape_not_utf8';
  }
  const read = decoded.normalize('NFKC').replace(IGNORABLE, '');
  const sameSegments = read.split('/').length === decoded.split('/').length;
  return !sameSegments || READS_AS_STRUCTURE.test(read) || LOOKS_LIKE_SLASH.test(decoded)
    ? 'escape_reads_as_structure'
    : undefined;
}
