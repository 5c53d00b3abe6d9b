import { readOpenMetrics } from '../fixtures/open-metrics.ts';
import type { Answer, Answers, Fault } from './kinds.ts';
import { SCRAPE_TOKEN, type Stack } from './stack.ts';

export type Counts = ReadonlyMap<string, number>;

/** A fault, as times of this machine's clock. */
interface Span {
  readonly from: number;
  until: number;
}

/** What the clients saw: every answer by how the gateway must have counted it, and what no fault explains. */
export class Tally {
  readonly requests = new Map<string, number>();
  readonly responses = new Map<string, number>();
  readonly tokenService = new Map<string, number>();
  readonly mistakes: string[] = [];
  /** Whether counts of others than these clients are lost; of theirs none may be. */
  othersLost = false;
  readonly #spans = new Map<Fault, Span>();
  readonly #graceMs: number;

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  begin = (fault: Fault) =>
    void this.#spans.set(fault, { from: Date.now(), until: Number.POSITIVE_INFINITY });

  /** What follows from it may go on for a little. */
  end(fault: Fault): void {
    const span = this.#spans.get(fault);
    if (span !== undefined) span.until = Date.now() + this.#graceMs;
  }

  answered(
    kind: { readonly name: string; readonly route: string; readonly answers: Answers },
    status: number,
    sentAt: number,
  ): void {
    const answer = kind.answers[status];
    add(this.responses, [kind.route, `${Math.floor(status / 100)}xx`]);
    if (answer === undefined) {
      this.mistakes.push(`${kind.name}: answered ${status}`);
      return;
    }
    const { decision, reason = '', issuer = '', because } = answer;
    add(this.requests, [kind.route, decision, reason, issuer]);
    if (!this.#explains(because, sentAt)) {
      this.mistakes.push(`${kind.name}: answered ${status} while nothing was wrong with ${because}`);
    }
  }

  answeredByTokenService(endpoint: string, error: string): void {
    add(this.tokenService, [endpoint, error]);
  }

  /** Where what control shows is not what was sent; empty: they are the same. */
  differences(shown: Shown): string[] {
    return [
      ...differing('requests', this.requests, shown.requests),
      ...differing('responses', this.responses, shown.responses),
      ...differing('token service', this.tokenService, shown.tokenService),
      ...(shown.lost > 0 === this.othersLost ? [] : [`lost: ${shown.lost}`]),
    ];
  }

  #explains(because: Answer['because'], sentAt: number): boolean {
    if (because === undefined) return true;
    const span = this.#spans.get(because);
    return span !== undefined && span.from <= Date.now() && sentAt <= span.until;
  }
}

interface Shown {
  readonly requests: Counts;
  readonly responses: Counts;
  readonly tokenService: Counts;
  readonly lost: number;
}

/** What `/metrics` shows. Throws where it is not 200. */
export async function scrape({ gateway }: Stack): Promise<Shown> {
  const response = await fetch(`${gateway.controlUrl}/metrics`, {
    headers: { Authorization: `Bearer ${SCRAPE_TOKEN}`, Accept: 'application/openmetrics-text' },
  });
  if (response.status !== 200) throw new Error(`/metrics answers ${response.status}`);
  const families = readOpenMetrics(await response.text());
  const counts = (name: string, fits: (labels: readonly string[]) => boolean = () => true): Counts =>
    new Map(
      (families.get(name)?.samples ?? [])
        .map(({ labels, value }) => [Object.values(labels), value] as const)
        .filter(([labels]) => fits(labels))
        .map(([labels, value]) => [labels.join(' '), value]),
    );
  return {
    requests: counts('portcullis_requests'),
    responses: counts('portcullis_responses'),
    // The gateway asks for its key set as it likes.
    tokenService: counts('portcullis_token_service_requests', ([path]) => !path?.startsWith('/.well-known/')),
    lost: sum(counts('portcullis_metrics_lost')),
  };
}

export const sum = (counts: Counts): number => [...counts.values()].reduce((a, b) => a + b, 0);

function add(counts: Map<string, number>, labels: readonly string[]): void {
  const key = labels.join(' ');
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

const differing = (what: string, sent: Counts, shown: Counts): string[] =>
  [...new Set([...sent.keys(), ...shown.keys()])]
    .filter((key) => (sent.get(key) ?? 0) !== (shown.get(key) ?? 0))
    .map((key) => `${what}: "${key}" sent ${sent.get(key) ?? 0}, counted ${shown.get(key) ?? 0}`);
