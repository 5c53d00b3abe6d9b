/**
 * Text of others as a terminal or a page may show it: what is not seen, or turns the direction of what stands beside it
 * (controls, zero-width and bidirectional marks, line and paragraph separators, lone surrogates), as `\u{…}`.
 */
export const visibleText = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
