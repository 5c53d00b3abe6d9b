/**
 * Text without spaces and tabs around it (RFC 9110 §5.6.3). `String.trim` takes U+00A0 and its like as well, which mean
 * something where a browser compares: it holds the prefix `__Host-` against a name that begins with it, so that another
 * site may set a cookie with U+00A0 before it. Linear.
 */
export function withoutSpaceAround(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text[start])) start += 1;
  while (end > start && isSpace(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

const isSpace = (character: string | undefined): boolean => character === ' ' || character === '\t';
