import { expect, it } from 'vitest';
import { pathsContaining, pathsMatching } from '../../../../src/cli/import/path-regex.ts';
import { commonPaths, onePath, type PathPattern } from '../../../../src/cli/import/path-set.ts';

const PATHS = [
  '/',
  '/a',
  '/a/',
  '/a/b',
  '/a/b/c',
  '/a//c',
  '/ab',
  '/abb',
  '/a.b',
  '/axb',
  '/b',
  '/b/x',
  '/x/a',
  '/1',
  '/a/1',
  '/A',
];
const PATTERNS = [
  '/a',
  '/a/',
  '/a/.*',
  '/a/.+',
  '/a.*',
  '/.*',
  '/a/[^/]+',
  '/a/[^/]*',
  '/[^/]+/c',
  '/a/[^/]+/c',
  '/a(/.*)?',
  '/a(?:/.*)?',
  '/a|/b',
  '/a|/b/x',
  '/(a|b)',
  '/ab*',
  '/ab+',
  '/ab?',
  '/ab{0,1}',
  '/a.b',
  '/a\\.b',
  '/[0-9]+',
  '/a/\\d+',
  '/a(/b)?',
  '(?i)/a',
  '.*',
  '/a/b|.*',
  '/a[bc]',
  '^/a$',
  '^/a',
  '/a$',
  'a',
  'b/x',
  '^/a/',
  '^/(a|b)/',
  '/a\\/b',
  '/\\w+',
  '[/]a',
  '/a\\b',
];
const holds = (patterns: readonly PathPattern[], path: string) =>
  patterns.some((pattern) => commonPaths(pattern, onePath(path)) !== undefined);
const asJavaScript = (pattern: string) =>
  pattern.startsWith('(?i)') ? new RegExp(`^(?:${pattern.slice(4)})$`, 'i') : new RegExp(`^(?:${pattern})$`);

it.each(PATTERNS)(
  '%s as a whole: nothing within that it does not match, and all that it matches in what it may be',
  (pattern) => {
    const { inner, outer } = pathsMatching(pattern);
    for (const path of PATHS) {
      const matches = asJavaScript(pattern).test(path);
      if (holds(inner, path)) expect(matches, path).toBe(true);
      if (matches) expect(holds(outer, path), path).toBe(true);
    }
  },
);

it.each(PATTERNS.filter((pattern) => !pattern.startsWith('(?i)')))(
  '%s anywhere in a path, likewise',
  (pattern) => {
    const { inner, outer } = pathsContaining(pattern);
    for (const path of PATHS) {
      const matches = new RegExp(pattern).test(path);
      if (holds(inner, path)) expect(matches, path).toBe(true);
      if (matches) expect(holds(outer, path), path).toBe(true);
    }
  },
);

it.each([
  ['/a', '/a'],
  ['/a/.*', '/a/b/c'],
  ['/a/[^/]+/c', '/a/b/c'],
  ['/a(/.*)?', '/a'],
  ['/a\\.b', '/a.b'],
])('%s is known exactly', (pattern, path) => {
  const { inner, outer } = pathsMatching(pattern);
  expect(inner).toEqual(outer);
  expect(holds(inner, path)).toBe(true);
});
