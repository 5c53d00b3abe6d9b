/** V8 copies what is cut out shorter than this. */
const SHORTEST_SLICE = 13;

/**
 * The same text, as a string that stands by itself. One that is a part of another string, or joined from several and not
 * yet put together, sends a whole event onto the slow path of `JSON.stringify`: 16 thousand instructions instead of 6.
 */
export const ownString = (text: string): string =>
  text.length < SHORTEST_SLICE ? text : (JSON.parse(JSON.stringify(text)) as string);
