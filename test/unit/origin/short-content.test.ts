import { expect, it } from 'vitest';
import { isShort } from '../../../src/origin/short-content.ts';

const request = (body: string | null) =>
  new Request('https://api.test/', { method: 'POST', ...(body === null ? {} : { body }) });

it.each<[string, Record<string, string>, boolean]>([
  ['one octet', { 'Content-Length': '1' }, true],
  ['64 KiB', { 'Content-Length': '65536' }, true],
  ['an octet more', { 'Content-Length': '65537' }, false],
  ['nothing', { 'Content-Length': '0' }, false],
  ['no length', {}, false],
  ['a length that is none', { 'Content-Length': '1, 1' }, false],
  ['a length beside chunks', { 'Content-Length': '1', 'Transfer-Encoding': 'chunked' }, false],
])('content that announces %s is short: %#', (_what, headers, expected) => {
  expect(isShort({ request: request('x'), headers: new Headers(headers) })).toBe(expected);
});

it('no content is not short content', () => {
  expect(isShort({ request: request(null), headers: new Headers({ 'Content-Length': '1' }) })).toBe(false);
});
