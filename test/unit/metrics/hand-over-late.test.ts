import { expect, it, vi } from 'vitest';
import { HandOver } from '../../../src/metrics/hand-over.ts';
import { Sums } from '../../../src/metrics/sums.ts';

it('does not take a late answer to one batch for an answer to the next, which is sent until it has arrived', async () => {
  const sums = new Sums();
  const requests = sums.series('portcullis_requests', ['orders', 'allowed', '', 'main']);
  const sequences: number[] = [];
  const answers: PromiseWithResolvers<void>[] = [];
  const work: Promise<unknown>[] = [];
  const handOver = new HandOver(sums, {
    add: ({ sequence }) => {
      const answer = Promise.withResolvers<void>();
      sequences.push(sequence);
      answers.push(answer);
      return answer.promise;
    },
    tell: undefined,
    read: () => {},
    clock: () => 1_000,
    wait: async () => {},
    newIsolateId: () => 'isolate-1',
  });
  const sent = (wanted: readonly number[]) => vi.waitFor(() => expect(sequences).toEqual(wanted));
  const request = () => {
    requests.addRequest('r', 1_000);
    handOver.begin({ now: 1_000, waitUntil: (each) => void work.push(each) });
  };
  request();
  await sent([1]);
  request();
  await sent([1, 1]);
  answers[0]?.resolve();
  await work[0];
  request();
  await sent([1, 1, 2]);
  answers[1]?.resolve();
  await work[1];
  answers[2]?.reject(new Error('no answer'));
  await sent([1, 1, 2, 2]);
  answers[3]?.reject(new Error('no answer'));
  await work[2];
  request();
  await sent([1, 1, 2, 2, 2]);
  answers[4]?.resolve();
  await vi.waitFor(() => expect(sequences.at(-1)).toBe(3));
  answers[5]?.resolve();
  await Promise.all(work);
});
