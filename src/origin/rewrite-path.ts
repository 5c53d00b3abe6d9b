import type { PathMapping } from '../core/origin-policy.ts';

/** What a path became: the beginnings that differ, and what follows both. */
export interface RewrittenPath {
  /** The matched path's own beginning: `''`, or segments without a slash at their end. */
  readonly publicPrefix: string;
  /** What stands in its place at the origin. */
  readonly originPrefix: string;
  /** The whole path at the origin. */
  readonly path: string;
}

/**
 * The origin's path for a matched one: whole segments are replaced, the rest stays byte for byte, so nothing is decoded
 * and no segment comes apart. Does not check that the result is canonical.
 */
export function rewritePath({ base, replaced, segments }: PathMapping, matched: string): RewrittenPath {
  let end = 0;
  for (let gone = 0; gone < replaced; gone += 1) {
    const next = matched.indexOf('/', end + 1);
    end = next < 0 ? matched.length : next;
  }
  const publicPrefix = matched.slice(0, end);
  const own = publicPrefix.split('/');
  const placed = segments.map((each) => `/${typeof each === 'number' ? own[each + 1] : each}`);
  const originPrefix = base + placed.join('');
  return { publicPrefix, originPrefix, path: originPrefix + matched.slice(end) || '/' };
}
