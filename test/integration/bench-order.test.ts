import { expect, it } from 'vitest';
import { contenderFirst } from '../../bench/measure.ts';

it.each([1, 2, 3])('with %d processes, each goes first and second in turn', (processes) => {
  for (let process = 0; process < processes; process++) {
    const order = [0, 1, 2, 3].map((round) => contenderFirst(process + round * processes, processes));
    expect(order).toEqual(process % 2 === 0 ? [true, false, true, false] : [false, true, false, true]);
  }
});
