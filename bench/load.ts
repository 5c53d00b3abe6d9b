import { createConnection, type Socket } from 'node:net';

/**
 * The load generator: a process of its own, driven by messages. Each connection has one request in flight. It parses
 * just enough of a response to know its status and its end.
 */
export interface LoadOrder {
  readonly port: number;
  /** Bearer tokens, or whole header lines (with `: `), used one after the other from `from` on, wrapping around. */
  readonly tokens: readonly string[] | undefined;
  readonly from: number;
  readonly connections: number;
  readonly seconds: number;
  /** Ends the run early, once so many requests were answered. */
  readonly enough?: number | undefined;
}

export interface LoadReport {
  readonly requests: number;
  readonly seconds: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Milliseconds, unsorted. */
  readonly latencies: readonly number[];
  readonly next: number;
}

let held: readonly string[] = [''];

process.on('message', (order: LoadOrder) => {
  if (order.tokens !== undefined) held = order.tokens;
  run(order).then(
    (report) => process.send?.(report),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});

async function run(order: LoadOrder): Promise<LoadReport> {
  const statuses: Record<string, number> = {};
  const latencies: number[] = [];
  let cursor = order.from;
  const started = performance.now();
  const end = started + order.seconds * 1000;
  const enough = order.enough ?? Number.POSITIVE_INFINITY;

  const nextRequest = (): Buffer => {
    const token = held[cursor % held.length] ?? '';
    cursor++;
    const line = token.includes(': ') ? token : `Authorization: Bearer ${token}`;
    const credentials = token === '' ? '' : `${line}\r\n`;
    return Buffer.from(
      `GET /bench/item?id=1 HTTP/1.1\r\nHost: gateway.test\r\nAccept: application/json\r\nUser-Agent: bench\r\n${credentials}\r\n`,
      'latin1',
    );
  };

  const drive = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let text = '';
      let sent = 0;
      const send = () => {
        sent = performance.now();
        socket.write(nextRequest());
      };
      socket.setNoDelay(true);
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (!complete(text)) return;
        const status = text.slice(9, 12);
        statuses[status] = (statuses[status] ?? 0) + 1;
        const now = performance.now();
        latencies.push(now - sent);
        text = '';
        if (now >= end || latencies.length >= enough) {
          socket.destroy();
          resolve();
        } else {
          send();
        }
      });
      socket.on('error', reject);
      socket.on('close', resolve);
      send();
    });

  const sockets = Array.from({ length: order.connections }, () => createConnection(order.port, '127.0.0.1'));
  await Promise.all(sockets.map(drive));
  const seconds = (performance.now() - started) / 1000;
  return { requests: latencies.length, seconds, statuses, latencies, next: cursor % held.length };
}

function complete(text: string): boolean {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head + 2));
  if (length !== null) return text.length >= head + 4 + Number(length[1]);
  return /\r\ntransfer-encoding: *chunked/i.test(text.slice(0, head + 2))
    ? text.endsWith('\r\n0\r\n\r\n')
    : true;
}
