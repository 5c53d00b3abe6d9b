/**
 * Sets of strings, and one string that is in some of them and in none of others: exact, for the sets that requirements
 * make (globs, lists of words, single strings). By code unit, as those are compared.
 */
export type Language = readonly Pattern[];

/** One alternative: a string is in a language that fits one of its patterns. */
type Pattern = readonly Item[];

/** A code unit, or any run (also of nothing) of one code unit, or of all. */
type Item = string | { readonly run: string | undefined };

const ANYTHING: Item = { run: undefined };

export const exactly = (text: string): Language => [text.split('')];

/** The pieces between the `*` of a glob. */
export const glob = (pieces: readonly string[]): Language => [
  pieces.flatMap((piece, index) => [...(index === 0 ? [] : [ANYTHING]), ...piece.split('')]),
];

/** Lists that have the word, as `access/words.ts` finds it. */
export function withWord(word: string, separator: 'space' | 'comma'): Language {
  const between = separator === 'space' ? ' ' : ',';
  if (word === '' || word.includes(between)) return [];
  const padding: Item[] = separator === 'comma' ? [{ run: ' ' }] : [];
  const middle: Item[] = [...padding, ...word.split(''), ...padding];
  return [[], [ANYTHING, between]].flatMap((before) =>
    [[], [between, ANYTHING]].map((after) => [...before, ...middle, ...after]),
  );
}

const MAX_STATES = 3_000;

/**
 * A shortest string that is in all of `within` and in none of `outside`; `null` where there is none, undefined where
 * that takes too long to find out.
 */
export function someString(
  within: readonly Language[],
  outside: readonly Language[],
): string | null | undefined {
  const languages = [...within, ...outside];
  const alphabet = alphabetOf(languages);
  const start = languages.map((language) =>
    closed(language, new Set(language.map((_, index) => `${index} 0`))),
  );
  const isGood = (state: readonly ReadonlySet<string>[]): boolean =>
    state.every((places, index) => accepts(languages[index] ?? [], places) === index < within.length);
  const seen = new Set([keyOf(start)]);
  let level: { state: readonly ReadonlySet<string>[]; text: string }[] = [{ state: start, text: '' }];
  while (level.length > 0) {
    const next: typeof level = [];
    for (const { state, text } of level) {
      if (isGood(state)) return text;
      for (const character of alphabet) {
        const to = state.map((places, index) => advanced(languages[index] ?? [], places, character));
        if (to.some((places, index) => index < within.length && places.size === 0)) continue;
        const key = keyOf(to);
        if (seen.has(key)) continue;
        if (seen.size >= MAX_STATES) return undefined;
        seen.add(key);
        next.push({ state: to, text: text + character });
      }
    }
    level = next;
  }
  return null;
}

/** Every code unit that some pattern names, and one that none does. */
function alphabetOf(languages: readonly Language[]): readonly string[] {
  const named = new Set<string>();
  for (const item of languages.flat(2)) {
    if (typeof item === 'string') named.add(item);
    else if (item.run !== undefined) named.add(item.run);
  }
  let other = 'x'.charCodeAt(0);
  while (named.has(String.fromCharCode(other))) other += 1;
  return [String.fromCharCode(other), ...named];
}

const keyOf = (state: readonly ReadonlySet<string>[]): string =>
  state.map((places) => [...places].sort().join()).join('|');

function itemAt(language: Language, place: string): { pattern: number; at: number; item: Item | undefined } {
  const [pattern = 0, at = 0] = place.split(' ').map(Number);
  return { pattern, at, item: language[pattern]?.[at] };
}

/** With the places behind runs, which may be of nothing. */
function closed(language: Language, places: Set<string>): ReadonlySet<string> {
  for (const place of places) {
    const { pattern, at, item } = itemAt(language, place);
    if (typeof item === 'object') places.add(`${pattern} ${at + 1}`);
  }
  return places;
}

function advanced(language: Language, places: ReadonlySet<string>, character: string): ReadonlySet<string> {
  const next = new Set<string>();
  for (const place of places) {
    const { pattern, at, item } = itemAt(language, place);
    if (item === character) next.add(`${pattern} ${at + 1}`);
    else if (typeof item === 'object' && (item.run === undefined || item.run === character)) next.add(place);
  }
  return closed(language, next);
}

function accepts(language: Language, places: ReadonlySet<string>): boolean {
  for (const place of places) {
    const { pattern, at } = itemAt(language, place);
    if (at === language[pattern]?.length) return true;
  }
  return false;
}
