import { Agent, request } from 'node:http';

/** One answer of the token service; `body` is parsed. */
export interface TokenAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A client on kept-alive connections, as many as requests are in flight at once. */
export class TokenClient {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, noDelay: true });

  constructor(port: number) {
    this.#port = port;
  }

  /** `credentials`: `id:secret`. `form` undefined: `GET`. */
  send(path: string, form?: Readonly<Record<string, string>>, credentials?: string): Promise<TokenAnswer> {
    const body = form && new URLSearchParams(form).toString();
    const headers: Record<string, string> = {};
    if (body !== undefined) {
      headers['Content-Type'] = 'application/x-www-form-urlencoded';
      headers['Content-Length'] = String(Buffer.byteLength(body));
    }
    if (credentials !== undefined) headers.Authorization = `Basic ${btoa(credentials)}`;
    return new Promise((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST';
      const sent = request({
        host: '127.0.0.1',
        port: this.#port,
        path,
        method,
        headers,
        agent: this.#agent,
      });
      sent.on('error', (error: Error & { readonly code?: string }) => {
        // The server has closed a connection that nobody used meanwhile: nothing has arrived.
        if (sent.reusedSocket && error.code === 'ECONNRESET') {
          this.send(path, form, credentials).then(resolve, reject);
        } else reject(error);
      });
      sent.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: text === '' ? {} : JSON.parse(text) }),
        );
        response.on('error', reject);
      });
      sent.end(body);
    });
  }

  stop(): void {
    this.#agent.destroy();
  }
}

export interface TokenSample {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds, ascending. */
  readonly latencies: readonly number[];
}

/** `connections` lanes, each with one request in flight, for so long or so many, whichever is reached first. A lane is told its number. */
export async function drive(
  lanes: number,
  until: { readonly seconds?: number; readonly requests?: number },
  ask: (lane: number) => Promise<void>,
): Promise<TokenSample> {
  const latencies: number[] = [];
  let begun = 0;
  const started = performance.now();
  const { seconds: most = Number.POSITIVE_INFINITY, requests = Number.POSITIVE_INFINITY } = until;
  const goesOn = () => performance.now() - started < most * 1e3 && begun < requests;
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      while (goesOn()) {
        begun++;
        const sent = performance.now();
        await ask(lane);
        latencies.push(performance.now() - sent);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1e3;
  return { requests: latencies.length, seconds, latencies: latencies.sort((a, b) => a - b) };
}
