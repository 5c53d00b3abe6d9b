import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GRACE_SECONDS } from '../../src/control/canary/measure.ts';
import { CANARY } from '../../src/core/canary.ts';
import { bearer } from '../fixtures/client.ts';
import { type RawResponse, rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import type { Answers } from './kinds.ts';
import type { Tally } from './tally.ts';

/** Long enough to be late. */
const KEPT_MS = (GRACE_SECONDS + 1.5) * 1e3;
const TIMEOUT_MS = 30_000;

/** A proxy through which control's canary reaches the gateway, and nobody else. */
export interface Front {
  readonly url: string;
  /** The next token that is let in is let in again for a while without the gateway being asked. */
  keepNextAnswer(): void;
  /** Passes nothing on; resolves once every request has its answer. */
  pause(): Promise<void>;
  resume(): void;
  stop(): Promise<void>;
}

const KIND: { readonly name: string; readonly route: string; readonly answers: Answers } = {
  name: 'canary',
  route: CANARY.name,
  answers: {
    200: { decision: 'allowed', issuer: CANARY.name },
    401: { decision: 'denied', reason: 'revoked', issuer: CANARY.name },
    503: { decision: 'unknown', reason: 'revocation_unavailable', issuer: CANARY.name, because: 'redis' },
  },
};

/** @param gatewayPort which it is now: another after a restart */
export async function startFront(gatewayPort: () => number, tally: Tally): Promise<Front> {
  let kept: { readonly token: string; readonly answer: RawResponse; readonly until: number } | undefined;
  const underWay = new Set<Promise<unknown>>();
  let keeping = false;
  let paused = false;

  async function ask(path: string, token: string): Promise<RawResponse> {
    if (kept?.token === token && Date.now() < kept.until) return kept.answer;
    const sentAt = Date.now();
    const bytes = requestBytes('GET', path, [['Host', 'api.test'], bearer(token)]);
    const answer = await rawRequest(gatewayPort(), bytes, { timeoutMs: TIMEOUT_MS });
    tally.answered(KIND, answer.status, sentAt);
    if (keeping && answer.status === 200) {
      keeping = false;
      kept = { token, answer, until: Date.now() + KEPT_MS };
    }
    return answer;
  }

  const server = createServer((request, response) => {
    const { url = '', headers, socket } = request;
    // A copy of the deny-list may be older than a turn of the cron should last.
    if (!url.endsWith('/strict')) {
      response.writeHead(404).end();
      return;
    }
    if (paused) {
      socket.destroy();
      return;
    }
    const asked = ask(url, (headers.authorization ?? '').slice('Bearer '.length)).then(
      ({ status, body }) => void response.writeHead(status).end(body),
      () => void socket.destroy(),
    );
    underWay.add(asked);
    asked.finally(() => underWay.delete(asked));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keepNextAnswer: () => {
      keeping = true;
    },
    pause: async () => {
      paused = true;
      await Promise.all(underWay);
    },
    resume: () => {
      paused = false;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
