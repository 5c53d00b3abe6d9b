import { cpuMicroseconds, type Load, residentMebibytes, type Server, stolenTicks } from './processes.ts';

/** What a sample of load against one server showed. */
export interface Sample {
  readonly throughput: number;
  readonly cpuMicroseconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface Target {
  readonly name: string;
  readonly server: Server;
  /** undefined: no `Authorization`. The same array object means the same tokens. */
  readonly tokens: readonly string[];
  /** The one status every answer must have. */
  readonly status: number;
}

export interface Comparison {
  readonly name: string;
  readonly against: string;
  readonly pairs: number;
  readonly connections: number;
  /** Medians over the pairs of contender / yardstick, with the quartiles of the throughput ratio. */
  readonly throughputRatio: number;
  readonly spread: readonly [number, number];
  readonly cpuRatio: number;
  readonly p99Ratio: number;
  readonly contender: Sample;
  readonly yardstick: Sample;
  readonly memoryMebibytes: number | undefined;
}

/** What V8 needs to have optimised a request path, and some more: a gateway's is after about 17,000 requests. */
export interface WarmUp {
  readonly requests: number;
  /** Ends it for a server that is too slow for so many. */
  readonly seconds: number;
  readonly connections: number;
}

export interface Plan {
  readonly pairs: number;
  /** Processes of each side that the pairs are spread over: one and the same Worker differs by some percent from start to start. */
  readonly processes: number;
  readonly seconds: number;
  readonly connections: number;
  readonly warmUp: WarmUp;
}

/** A sample during which the host gave this machine's time away is worth nothing. */
const MOST_STOLEN = 0.05;
const TRIES = 4;

/**
 * Runs A/B pairs of samples, the yardstick right beside the contender, the order changing from pair to pair. A server
 * that it has not measured before is warmed up first.
 */
export class Bench {
  readonly #load: Load;
  readonly #cursors = new Map<Target, number>();
  readonly #warm = new WeakSet<Server>();
  #heldTokens: readonly string[] | undefined;
  retried = 0;

  constructor(load: Load) {
    this.#load = load;
  }

  /** A pair takes the next process of each side in turn. */
  async compare(
    contenders: readonly Target[],
    yardsticks: readonly Target[],
    plan: Omit<Plan, 'processes'>,
  ): Promise<Omit<Comparison, 'name'>> {
    for (const target of [...contenders, ...yardsticks]) await this.#warmUp(target, plan.warmUp);
    const ours: Sample[] = [];
    const theirs: Sample[] = [];
    for (let pair = 0; pair < plan.pairs; pair++) {
      const contender = inTurn(contenders, pair);
      const yardstick = inTurn(yardsticks, pair);
      const order = contenderFirst(pair, contenders.length) ? [contender, yardstick] : [yardstick, contender];
      for (const target of order) {
        const sample = await this.#undisturbed(target, plan.seconds, plan.connections);
        (target === contender ? ours : theirs).push(sample);
      }
    }
    const ratios = ours.map((sample, i) => sample.throughput / (theirs[i]?.throughput ?? 1));
    return {
      against: inTurn(yardsticks, 0).name,
      pairs: plan.pairs,
      connections: plan.connections,
      throughputRatio: median(ratios),
      spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
      cpuRatio: median(ours.map((s, i) => s.cpuMicroseconds / (theirs[i]?.cpuMicroseconds ?? 1))),
      p99Ratio: median(ours.map((s, i) => s.p99 / (theirs[i]?.p99 ?? 1))),
      contender: middle(ours),
      yardstick: middle(theirs),
      memoryMebibytes: await residentMebibytes(inTurn(contenders, 0).server.pid),
    };
  }

  async #warmUp(target: Target, { requests, seconds, connections }: WarmUp): Promise<void> {
    if (this.#warm.has(target.server)) return;
    await this.#sample(target, seconds, connections, requests);
    this.#warm.add(target.server);
  }

  async #undisturbed(target: Target, seconds: number, connections: number): Promise<Sample> {
    for (let attempt = 1; ; attempt++) {
      const before = await stolenTicks();
      const sample = await this.#sample(target, seconds, connections);
      const after = await stolenTicks();
      const stolen = (after.stolen - before.stolen) / Math.max(1, after.all - before.all);
      if (stolen <= MOST_STOLEN || attempt === TRIES) return sample;
      this.retried++;
    }
  }

  /** A sample of `seconds`, or of `enough` requests when they are answered sooner. */
  async #sample(target: Target, seconds: number, connections: number, enough?: number): Promise<Sample> {
    const { pid, port } = target.server;
    const before = await cpuMicroseconds(pid);
    const report = await this.#load.run({
      port,
      tokens: this.#heldTokens === target.tokens ? undefined : target.tokens,
      from: this.#cursors.get(target) ?? 0,
      connections,
      seconds,
      enough,
    });
    this.#heldTokens = target.tokens;
    this.#cursors.set(target, report.next);
    const after = await cpuMicroseconds(pid);
    for (const [status, count] of Object.entries(report.statuses)) {
      if (Number(status) !== target.status) {
        throw new Error(`${target.name}: ${count} answers of ${status} where ${target.status} was due`);
      }
    }
    const latencies = Float64Array.from(report.latencies).sort();
    const at = (q: number) =>
      latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? 0;
    return {
      throughput: report.requests / report.seconds,
      cpuMicroseconds: ((after ?? 0) - (before ?? 0)) / report.requests,
      p50: at(0.5),
      p99: at(0.99),
      p999: at(0.999),
    };
  }
}

/** Changes for each process from one of its pairs to the next, so that neither side always goes first. */
export const contenderFirst = (pair: number, processes: number): boolean =>
  ((pair % processes) + Math.floor(pair / processes)) % 2 === 0;

function inTurn<T>(all: readonly T[], turn: number): T {
  const one = all[turn % all.length];
  if (one === undefined) throw new Error('nothing to measure');
  return one;
}

const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const low = sorted[Math.floor(position)] ?? 0;
  const high = sorted[Math.ceil(position)] ?? low;
  return low + (high - low) * (position - Math.floor(position));
};

export const median = (values: readonly number[]): number => quantile(values, 0.5);

const middle = (samples: readonly Sample[]): Sample => ({
  throughput: median(samples.map((s) => s.throughput)),
  cpuMicroseconds: median(samples.map((s) => s.cpuMicroseconds)),
  p50: median(samples.map((s) => s.p50)),
  p99: median(samples.map((s) => s.p99)),
  p999: median(samples.map((s) => s.p999)),
});
