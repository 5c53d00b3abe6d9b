import { describe, expect, it } from 'vitest';
import type { Batch, Sum } from '../../../src/metrics/batch.ts';
import { GIVEN_UP_AFTER_SECONDS, HandOver } from '../../../src/metrics/hand-over.ts';
import { RefusalBuffer } from '../../../src/metrics/refusals.ts';
import { Sums } from '../../../src/metrics/sums.ts';
import { RunningTotals } from '../../../src/metrics/totals.ts';
import { newRequestEvent } from '../../../src/telemetry/request-event.ts';

/** An isolate whose clock and timers are turned by hand, and the totals that its batches reach. */
function isolate(most?: number) {
  const sums = new Sums(most);
  const totals = new RunningTotals();
  const waiting: (() => void)[] = [];
  const held: Promise<unknown>[] = [];
  const refusals = new RefusalBuffer();
  const sent: Batch[] = [];
  const told: (readonly Sum[])[] = [];
  let way: 'there' | 'answer lost' | 'nowhere' = 'there';
  let onSent: (batch: Batch) => void = () => {};
  let now = 1_000;
  const handOver = new HandOver(sums, {
    add: async (batch) => {
      sent.push(batch);
      onSent(batch);
      if (way !== 'nowhere') totals.add(batch, now);
      if (way !== 'there') throw new Error('no answer');
    },
    tell: (taken) => void told.push(taken),
    read: () => {},
    clock: () => now,
    wait: () => new Promise<void>((resolve) => void waiting.push(resolve)),
    refusals: () => refusals.take(),
    gauges: () => ({ at: now, keySets: [], store: { doubt: undefined, position: 7 }, replica: undefined }),
    newIsolateId: () => 'isolate-1',
  });
  const requests = sums.series('portcullis_requests', ['orders', 'allowed', '', 'main']);
  return {
    handOver,
    sent,
    told,
    held,
    refuse: (path: string) => {
      const arrival = { time: now, reference: path, ray: undefined, client: undefined };
      refusals.add({ ...newRequestEvent('GET', arrival), path });
    },
    request: () => {
      requests.addRequest('r', now);
      handOver.begin({ now, waitUntil: (work) => void held.push(work) });
    },
    go: (which: typeof way) => {
      way = which;
    },
    onSent: (what: typeof onSent) => {
      onSent = what;
    },
    pass: (seconds: number) => {
      now += seconds;
    },
    /** Lets every timer run out, until nothing waits. */
    run: async () => {
      for (let i = 0; i < 50; i++) {
        for (const resolve of waiting.splice(0)) resolve();
        await Promise.resolve();
      }
      await Promise.all(held);
    },
    total: (metric = 'portcullis_requests') =>
      [...totals.series]
        .filter(([key]) => key.includes(`"${metric}"`))
        .reduce((sum, [, { values }]) => sum + (values[0] ?? 0), 0),
  };
}

describe('handing on', () => {
  it('carries what was refused with the sums, the same again where the answer is lost, and once', async () => {
    const it = isolate();
    it.refuse('/1');
    it.request();
    it.go('answer lost');
    await it.run();
    expect(
      it.sent.map(({ sequence, refusals }) => [sequence, refusals?.events.map(({ path }) => path)]),
    ).toEqual([
      [1, ['/1']],
      [1, ['/1']],
    ]);
    it.go('there');
    it.pass(60);
    it.request();
    await it.run();
    expect(it.sent.at(-1)).toMatchObject({ sequence: 2 });
    expect(it.sent.at(-1)).not.toHaveProperty('refusals');
  });

  it('carries what the isolate held when the sums were taken, the same again where the answer is lost', async () => {
    const it = isolate();
    it.request();
    it.go('answer lost');
    it.onSent(() => it.pass(1));
    await it.run();
    expect(it.sent.map(({ gauges }) => [gauges?.at, gauges?.store?.position])).toEqual([
      [1_000, 7],
      [1_000, 7],
    ]);
  });

  it('carries what the isolate holds alone where nothing was counted', async () => {
    const { handOver, run, held, sent } = isolate();
    handOver.begin({ now: 1_000, waitUntil: (work) => void held.push(work) });
    await run();
    expect(sent.map(({ sums, gauges }) => [sums, gauges?.store?.position])).toEqual([[[], 7]]);
  });

  it('is one piece of work for many requests', async () => {
    const { request, run, held, sent, total } = isolate();
    for (let i = 0; i < 100; i++) request();
    expect(held).toHaveLength(1);
    await run();
    expect(sent.map(({ sequence, isolate: id }) => [id, sequence])).toEqual([['isolate-1', 1]]);
    expect(total()).toBe(100);
  });

  it('counts nothing twice when an answer is lost', async () => {
    const { request, run, go, sent, total } = isolate();
    request();
    go('answer lost');
    await run();
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 1]);
    go('there');
    request();
    await run();
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 1, 1, 2]);
    expect(total()).toBe(2);
  });

  it('keeps what cannot be handed on, in one batch and the sums, and brings it later', async () => {
    const { request, run, go, pass, sent, total } = isolate();
    go('nowhere');
    for (let i = 0; i < 20; i++) {
      request();
      await run();
      pass(60);
    }
    expect(new Set(sent.map(({ sequence }) => sequence))).toEqual(new Set([1]));
    go('there');
    request();
    await run();
    expect(total()).toBe(21);
    expect(total('portcullis_metrics_lost')).toBe(0);
  });

  it('counts as lost what it gives up', async () => {
    const { request, run, go, pass, total } = isolate();
    go('nowhere');
    request();
    request();
    await run();
    pass(GIVEN_UP_AFTER_SECONDS);
    request();
    await run();
    go('there');
    request();
    await run();
    expect([total(), total('portcullis_metrics_lost')]).toEqual([2, 2]);
  });

  it('begins anew where a request was dropped with the work it held', async () => {
    const { request, pass, held } = isolate();
    request();
    pass(29);
    request();
    expect(held).toHaveLength(1);
    pass(1);
    request();
    expect(held).toHaveLength(2);
  });

  it('begins anew where the clock was set back, rather than wait for the time there was', () => {
    const { request, pass, held } = isolate();
    request();
    pass(-1);
    request();
    expect(held).toHaveLength(2);
    request();
    expect(held).toHaveLength(2);
  });

  it('loses nothing where two hand-overs of an isolate meet', async () => {
    const { request, run, pass, held, total, sent } = isolate();
    request();
    pass(31);
    request();
    expect(held).toHaveLength(2);
    await run();
    expect(total()).toBe(2);
    request();
    await run();
    expect(total()).toBe(3);
    // The second one cannot know what becomes of the first one's batch, and then finds that all is counted.
    expect(sent.map(({ sequence, sums }) => [sequence, sums.length])).toEqual([
      [1, 1],
      [1, 1],
      [2, 0],
      [3, 1],
    ]);
  });

  it('sends no batch past another that is under way', async () => {
    const { request, run, go, pass, onSent, total, sent } = isolate();
    go('nowhere');
    request();
    await run();
    request();
    pass(31);
    request();
    onSent(({ sequence }) => {
      // What is counted while the second batch is under way, and does not arrive.
      if (sequence === 2 && sent.filter((batch) => batch.sequence === 2).length === 1) request();
      go(sequence === 2 ? 'nowhere' : 'there');
    });
    await run();
    onSent(() => {});
    go('there');
    pass(31);
    request();
    await run();
    expect(total()).toBe(5);
    expect(sent.at(-1)?.sequence).toBe(3);
  });

  it('tells an engine that gives no answer of each sum once', async () => {
    const { request, run, go, told } = isolate();
    go('answer lost');
    request();
    await run();
    request();
    await run();
    go('there');
    request();
    await run();
    const all = told.flat().filter(([key]) => key.includes('portcullis_requests'));
    expect(all.reduce((sum, [, [n = 0]]) => sum + n, 0)).toBe(3);
  });
});

describe('sums', () => {
  it('count as lost what would be one series too many', () => {
    const sums = new Sums(3);
    const labels = (name: string) => [name, 'allowed', '', ''];
    const held = sums.series('portcullis_requests', labels('a'));
    sums.series('portcullis_requests', labels('b'));
    const beyond = ['c', 'd', 'e'].map((name) => sums.series('portcullis_requests', labels(name)));
    for (const series of [held, ...beyond]) series.addRequest('r', 1);
    expect(sums.take().map(([key, values]) => [key, values])).toEqual([
      ['["portcullis_metrics_lost","series"]', [3]],
      ['["portcullis_requests","a","allowed","",""]', [1]],
    ]);
    expect(sums.take()).toEqual([]);
  });

  it('are put into the bucket whose bound they do not pass', () => {
    const sums = new Sums();
    const series = sums.series('portcullis_revocation_replica_age_seconds', []);
    for (const value of [0, 0.5, 0.51, 3_600, 3_601, Number.NaN, -1]) series.observe(value);
    expect(sums.take()[0]?.[1]).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0.5 + 0.51 + 3_600 + 3_601]);
  });
});
