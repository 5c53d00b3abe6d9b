import { expect, it } from 'vitest';
import { headerLines, wholeUrl } from '../../../src/console/explain/question.ts';

it.each([
  ['api.example/orders/7?x=1', 'https://api.example/orders/7?x=1'],
  [' http://localhost:8787 ', 'http://localhost:8787/'],
  ['https://api.example', 'https://api.example/'],
  ['HTTPS://api.example/A', 'HTTPS://api.example/A'],
])('takes %s for %s', (typed, url) => expect(wholeUrl(typed)).toBe(url));

it('reads headers a line each, and tells which is none', () => {
  expect(headerLines('Cookie: a=b; c=d\n\n  X-A:  1 \nEmpty:')).toEqual({
    headers: [
      ['Cookie', 'a=b; c=d'],
      ['X-A', '1'],
      ['Empty', ''],
    ],
  });
  expect(headerLines('A: 1\nno header')).toEqual({ wrongLine: 2 });
  expect(headerLines('A B: 1')).toEqual({ wrongLine: 1 });
});
