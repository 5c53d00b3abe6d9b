import { describe, expect, it } from 'vitest';
import type { PathMapping } from '../../../src/core/origin-policy.ts';
import { rewritePath } from '../../../src/origin/rewrite-path.ts';

describe('rewritePath', () => {
  it.each<[PathMapping, string, string, string, string]>([
    [{ base: '/b', replaced: 0, segments: [] }, '/x/y', '', '/b', '/b/x/y'],
    [{ base: '', replaced: 1, segments: [] }, '/x/y', '/x', '', '/y'],
    [{ base: '', replaced: 1, segments: [] }, '/x', '/x', '', '/'],
    [{ base: '/b', replaced: 1, segments: [] }, '/x', '/x', '/b', '/b'],
    [{ base: '/b', replaced: 1, segments: [] }, '/x/', '/x', '/b', '/b/'],
    [
      { base: '', replaced: 2, segments: ['v2', 1] },
      '/users/a%20b',
      '/users/a%20b',
      '/v2/a%20b',
      '/v2/a%20b',
    ],
    [{ base: '', replaced: 3, segments: [2, 'of', 1] }, '/u/7/n/z', '/u/7/n', '/n/of/7', '/n/of/7/z'],
    [{ base: '', replaced: 2, segments: ['q'] }, '/a/', '/a/', '/q', '/q'],
  ])('%j takes %s to the origin', (mapping, matched, publicPrefix, originPrefix, path) => {
    expect(rewritePath(mapping, matched)).toEqual({ publicPrefix, originPrefix, path });
  });
});
