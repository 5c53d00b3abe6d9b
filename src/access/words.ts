import type { Separator } from '../core/requirement.ts';

/**
 * Whether a list of words in one text has a word, compared exactly. Between words stands one separator; around a comma
 * there may be spaces. Without taking the list apart: this runs for every request.
 */
export function hasWord(list: string, word: string, separator: Separator): boolean {
  const between = separator === 'space' ? ' ' : ',';
  if (word === '' || word.includes(between)) {
    return false;
  }
  for (let at = list.indexOf(word); at >= 0; at = list.indexOf(word, at + 1)) {
    let start = at - 1;
    let end = at + word.length;
    if (separator === 'comma') {
      while (list[start] === ' ') start--;
      while (list[end] === ' ') end++;
    }
    if ((start < 0 || list[start] === between) && (end === list.length || list[end] === between)) {
      return true;
    }
  }
  return false;
}
