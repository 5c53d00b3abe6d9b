import { expect, it } from 'vitest';
import { heldReading } from '../../../src/control/held-reading.ts';

function asking() {
  const waiting: { readonly resolve: (value: string) => void; readonly reject: (cause: Error) => void }[] =
    [];
  const at = { now: 1_000 };
  const get = heldReading(
    () => new Promise<string>((resolve, reject) => waiting.push({ resolve, reject })),
    () => at.now,
  );
  /** What a request gets; one that asks is answered at once. */
  const ask = async (answer: string) => {
    const before = waiting.length;
    const got = get();
    if (waiting.length > before) waiting.at(-1)?.resolve(answer);
    return await got;
  };
  return { waiting, at, get, ask };
}

it('is asked for once in a second, whoever comes how often', async () => {
  const { at, ask, waiting } = asking();
  expect([await ask('a'), await ask('b')]).toEqual(['a', 'a']);
  at.now += 0.99;
  expect(await ask('c')).toBe('a');
  at.now += 0.01;
  expect(await ask('d')).toBe('d');
  expect(waiting).toHaveLength(2);
});

it('is asked for by each where there is nothing yet, and no later one is put back by an earlier', async () => {
  const { get, waiting, at, ask } = asking();
  const slow = get();
  at.now += 0.5;
  expect(await ask('later')).toBe('later');
  waiting[0]?.resolve('earlier');
  expect(await slow).toBe('earlier');
  expect(await ask('never asked')).toBe('later');
});

it('keeps no failure', async () => {
  const { at, ask, get, waiting } = asking();
  await ask('a');
  at.now += 2;
  const failing = get();
  waiting.at(-1)?.reject(new Error('silent'));
  await expect(failing).rejects.toThrow('silent');
  expect(await ask('b')).toBe('b');
});

it('is asked for anew where the clock was set back', async () => {
  const { at, ask } = asking();
  await ask('a');
  at.now -= 60;
  expect(await ask('b')).toBe('b');
});
