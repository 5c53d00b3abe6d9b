import { bearer } from '../fixtures/client.ts';
import { rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import { KINDS, type Kind, type KindName } from './kinds.ts';
import type { Stack } from './stack.ts';
import type { Tally } from './tally.ts';

const TICK_MS = 50;
const TIMEOUT_MS = 30_000;

/** Sends each kind at its rate, over a connection for each request: nothing is sent twice unnoticed. */
export class Traffic {
  readonly #stack: Stack;
  readonly #tally: Tally;
  readonly #kinds: Readonly<Record<KindName, Kind>>;
  readonly #on = new Set<KindName>();
  readonly #owed = new Map<KindName, number>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #paused = false;
  #lastAt = Date.now();
  sent = 0;

  constructor(stack: Stack, tally: Tally, kinds: Readonly<Record<KindName, Kind>>) {
    this.#stack = stack;
    this.#tally = tally;
    this.#kinds = kinds;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  start(...names: readonly KindName[]): void {
    for (const name of names) this.#on.add(name);
  }

  end(...names: readonly KindName[]): void {
    for (const name of names) this.#on.delete(name);
  }

  /** Other requests that pause with these: begun only while nothing is paused. Never rejects. */
  async alongside(work: () => Promise<void>): Promise<void> {
    if (!this.#paused) await this.#track(work().catch(() => undefined));
  }

  /** Resolves once every request has its answer. */
  async pause(): Promise<void> {
    this.#paused = true;
    await Promise.all(this.#underWay);
  }

  resume(): void {
    this.#paused = false;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.pause();
  }

  #tick(): void {
    const now = Date.now();
    const elapsed = Math.min(1, (now - this.#lastAt) / 1e3);
    this.#lastAt = now;
    if (this.#paused) return;
    for (const name of KINDS.filter((each) => this.#on.has(each))) {
      let owed = (this.#owed.get(name) ?? 0) + elapsed * this.#kinds[name].perSecond;
      for (; owed >= 1; owed--) this.#begin(this.#kinds[name]);
      this.#owed.set(name, owed);
    }
  }

  #begin(kind: Kind): void {
    this.#track(
      this.#send(kind).catch(
        (cause: unknown) => void this.#tally.mistakes.push(`${kind.name}: ${String(cause)}`),
      ),
    );
  }

  #track(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
    return tracked;
  }

  async #send(kind: Kind): Promise<void> {
    const token = await kind.token();
    const headers = [['Host', 'api.test'] as const, ...(token === undefined ? [] : [bearer(token)])];
    const sentAt = Date.now();
    this.sent++;
    const bytes = requestBytes('GET', `/${kind.route}/1`, headers);
    const { status } = await rawRequest(this.#stack.gateway.port, bytes, { timeoutMs: TIMEOUT_MS });
    this.#tally.answered(kind, status, sentAt);
  }
}
