/** Unescaping is followed this often; a path that then still has an escape is refused, so that the work stays linear. */
const MAX_DECODINGS = 3;

const ESCAPES = /(?:%[0-9a-f]{2})+/gi;
const ESCAPE = /%[0-9a-f]{2}/i;
const ESCAPE_OF_IIS = /%u[0-9a-f]{4}/i;
const CONTROL = /\p{Cc}/u;
const ASCII = /^[ -~]*$/;

/** Accents, which collations and transliterations leave out, and what file systems and browsers do. */
const LEFT_OUT = /[\p{Mn}\p{Default_Ignorable_Code_Point}]/gu;

/** What code pages and transliterations make of characters that Unicode itself does not decompose. */
const BEST_FIT: Readonly<Record<string, string>> = {
  '\u2044': '\\',
  '\u2215': '\\',
  '\u2216': '\\',
  '\u29f5': '\\',
  '\u29f8': '\\',
  '\u29f9': '\\',
  '\u00a5': '\\',
  '\u20a9': '\\',
  '\u2010': '-',
  '\u2013': '-',
  '\u2212': '-',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ŧ: 't',
  ƀ: 'b',
  ɡ: 'g',
  æ: 'ae',
  œ: 'oe',
  α: 'a',
  γ: 'g',
  δ: 'd',
  ε: 'e',
  θ: 't',
  π: 'p',
  σ: 's',
  τ: 't',
  φ: 'f',
  ω: 'o',
};
const NOT_ASCII = /[^ -~]/gu;

/**
 * The most lenient reading of the characters of a path, or the reason why there is none that may be trusted: unescaped
 * until nothing is left to unescape, in Unicode compatibility form (UAX #15, NFKD) without accents and invisible
 * characters, in lower case, with the ASCII characters that others are taken for. A `/` of the path as sent stays `/`;
 * one that only some readers see is `\`. What other readings make of the text folds to the same.
 *
 * Refused: escapes that are not UTF-8, also below another escape; control characters; more than three layers.
 * Linear in the path. Knows nothing of encodings other than UTF-8.
 */
export function foldCharacters(path: string): { readonly text: string } | { readonly fault: string } {
  let text = path;
  try {
    for (let layer = 0; ESCAPE.test(text); layer += 1) {
      if (layer === MAX_DECODINGS) return { fault: 'escape_too_often' };
      text = text.replace(ESCAPES, decodeRun);
    }
  } catch {
    return { fault: 'escape_not_utf8' };
  }
  if (CONTROL.test(text)) return { fault: 'escape_of_control' };
  if (ESCAPE_OF_IIS.test(text)) return { fault: 'escape_twice' };
  return { text: text.toLowerCase() };
}

/** Throws on what is not UTF-8. */
function decodeRun(run: string): string {
  const decoded = decodeURIComponent(run);
  return (ASCII.test(decoded) ? decoded : lettersOf(decoded)).replaceAll('/', '\\');
}

/** Upper case joins what lower case keeps apart (ß, ı, ſ, ς), and lower case what it leaves (ẞ). */
function lettersOf(text: string): string {
  return text
    .normalize('NFKD')
    .replace(LEFT_OUT, '')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replace(NOT_ASCII, (character) => BEST_FIT[character] ?? character);
}
