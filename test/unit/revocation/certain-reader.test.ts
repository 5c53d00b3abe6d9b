import { describe, expect, it } from 'vitest';
import type { OperationalEvent } from '../../../src/core/event.ts';
import { ok } from '../../../src/core/result.ts';
import { certainReader } from '../../../src/revocation/certain-reader.ts';
import { EpochWatch } from '../../../src/revocation/epoch-watch.ts';
import type { RevocationAnswer, RevocationReader } from '../../../src/revocation/port.ts';

const at = (position: number): RevocationAnswer => ({ epoch: 'a', position, values: [] });

/** A reader whose answers come when the test gives them. */
function scripted() {
  const waiting: ((answer: RevocationAnswer) => void)[] = [];
  const reader: RevocationReader = {
    read: () => new Promise((resolve) => waiting.push((answer) => resolve(ok(answer)))),
  };
  const events: OperationalEvent[] = [];
  const certain = certainReader(
    reader,
    new EpochWatch(undefined),
    () => 1_000,
    (event) => events.push(event),
  );
  return { certain, events, answer: (index: number, answer: RevocationAnswer) => waiting[index]?.(answer) };
}

describe('certainReader', () => {
  it('takes an answer that a later one overtook while a write came in between', async () => {
    const { certain, events, answer } = scripted();
    const asked = [certain.read([], 100), certain.read([], 100)];
    answer(1, at(8));
    expect(await asked[1]).toMatchObject({ ok: true });
    answer(0, at(7));
    expect(await asked[0]).toMatchObject({ ok: true });
    expect(events).toEqual([]);
  });

  it('fails where the store stands below what was known when it was asked', async () => {
    const { certain, events, answer } = scripted();
    const first = certain.read([], 100);
    answer(0, at(8));
    await first;
    const second = certain.read([], 100);
    answer(1, at(7));
    expect(await second).toEqual({ ok: false, error: 'store_set_back' });
    expect(events.map(({ event }) => event)).toEqual(['revocation_store_set_back']);
  });
});
