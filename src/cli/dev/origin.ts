import type { IncomingMessage, ServerResponse } from 'node:http';
import { setInterval } from 'node:timers/promises';
import { BodyTooLarge, listen, readBody, sendJson } from './http.ts';

export interface DemoOrigin {
  readonly url: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;

/** A demo origin on loopback. */
export async function startOrigin({ port }: { readonly port: number }): Promise<DemoOrigin> {
  const server = await listen(answerAsOrigin, port);
  return { url: `http://127.0.0.1:${server.port}`, close: server.close };
}

/**
 * Echoes method, path, headers and body of whatever reaches it as JSON, so that one sees what an origin behind the
 * gateway receives. A path that ends in `/events` streams one event per second.
 */
export async function answerAsOrigin(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').replace(/\?.*$/s, '');
  await (path.endsWith('/events') ? stream(response) : echo(request, response));
}

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await readBody(request, MAX_BODY_BYTES);
    const { method, url } = request;
    sendJson(response, 200, { method, path: url, headers: headersOf(request), body: textOf(body) });
  } catch (error) {
    sendJson(response, error instanceof BodyTooLarge ? 413 : 400, { error: String(error) });
  }
}

/** As received: a header that came twice is shown twice. */
function headersOf(request: IncomingMessage): object {
  const received = Object.entries(request.headersDistinct).map(([name, values]) => [
    name,
    values?.length === 1 ? values[0] : values,
  ]);
  return Object.fromEntries(received);
}

function textOf(body: Buffer): string | { readonly base64: string } {
  const text = body.toString();
  return Buffer.from(text).equals(body) ? text : { base64: body.toString('base64') };
}

async function stream(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  let count = 0;
  response.write(`data: ${count}\n\n`);
  for await (const _ of setInterval(1000)) {
    if (response.destroyed) return;
    count += 1;
    response.write(`data: ${count}\n\n`);
  }
}
