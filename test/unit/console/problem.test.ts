import { expect, it } from 'vitest';
import { problemOf } from '../../../src/console/problem.ts';

it('shows what the API says went wrong', () => {
  const said = { title: 'Bad Request', detail: 'No.', errors: ['a', 'b'], reference: 'ab12' };
  expect(problemOf(400, said)).toEqual({ ...said, status: 400 });
});

it.each([null, undefined, 'text', [], { title: 7, detail: {}, errors: [{}, 1] }])(
  'has words of its own where the API says %j',
  (said) => {
    expect(problemOf(502, said)).toEqual({
      status: 502,
      title: 'Status 502',
      detail: 'The control Worker said no more.',
      errors: [],
      reference: undefined,
    });
  },
);
