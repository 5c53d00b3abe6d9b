import { RedisMalformed, RedisUnavailable } from './fault.ts';
import type { RedisCommands, RedisEndpoint } from './port.ts';

/** Far above the answer to the longest question: 500 keys with their values are some 50 KB. Bytes, decoded. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** One MGET on its way. `late`: nobody waits for it any longer. */
interface Read {
  readonly body: string;
  late: boolean;
}

type Send = (body: string) => Promise<Response>;

/**
 * MGET as one bare `fetch`: the read that a request waits for, to whose CPU `@upstash/redis` would add a quarter.
 * The server must answer 200 itself (no redirect is followed) with at most 1 MiB of JSON, `{"result": […]}` and no
 * `error`, one string or null per key. Anything else throws. What the runtime throws may quote the token or the
 * keys; none of it leaves this file.
 */
export function createRead({ url, token }: RedisEndpoint): RedisCommands['mget'] {
  const send = sender({ url, token });
  return (keys, timeoutMs) =>
    new Promise((resolve, reject) => {
      const read: Read = { body: JSON.stringify(['MGET', ...keys]), late: false };
      // Raced, not aborted: the runtime ends an abandoned fetch with its request.
      const timer = setTimeout(() => {
        read.late = true;
        reject(new RedisUnavailable('timeout'));
      }, timeoutMs);
      ask(send, read, keys.length).then(
        (values) => {
          clearTimeout(timer);
          resolve(values);
        },
        (fault) => {
          clearTimeout(timer);
          reject(fault);
        },
      );
    });
}

/** Makes its headers at the first request, once: a token that no header can hold is that request's failure. */
function sender({ url, token }: RedisEndpoint): Send {
  // As `@upstash/redis` has it: a path is kept, one slash at its end is not.
  const address = url.replace(/\/$/, '');
  let headers: Headers | undefined;
  return (body) => {
    headers ??= new Headers({ authorization: `Bearer ${token}`, 'content-type': 'application/json' });
    return fetch(address, { method: 'POST', headers, body, redirect: 'manual' });
  };
}

/** One retry, for whatever may be different the second time: a complete answer of another shape is not asked for again. */
async function ask(send: Send, read: Read, length: number): Promise<readonly (string | null)[]> {
  for (let first = true; ; first = false) {
    let reply: unknown;
    try {
      reply = await attempt(send, read);
    } catch (error) {
      if (first && !read.late) continue;
      throw error instanceof RedisUnavailable || error instanceof RedisMalformed
        ? error
        : new RedisUnavailable('failed');
    }
    return valuesOf(reply, length);
  }
}

/** Throws the runtime's errors as they are. */
async function attempt(send: Send, read: Read): Promise<unknown> {
  const response = await send(read.body);
  if (response.status !== 200) {
    response.body?.cancel().catch(() => undefined);
    throw new RedisUnavailable('refused');
  }
  const text = isShort(response.headers) ? await response.text() : await textOf(response, read);
  let reply: unknown;
  try {
    reply = JSON.parse(text);
  } catch {
    throw new RedisMalformed('not_json');
  }
  if (isRecord(reply) && reply.error !== undefined && reply.error !== null) {
    throw new RedisUnavailable('refused');
  }
  return reply;
}

/**
 * Whether the connection itself ends the body in time. A length beside a transfer coding is not the body's
 * (RFC 9112 §6.3), nor is it that of a body which the runtime decompresses.
 */
function isShort(headers: Headers): boolean {
  const length = headers.get('content-length');
  return (
    length !== null &&
    Number(length) <= MAX_ANSWER_BYTES &&
    !headers.has('transfer-encoding') &&
    !headers.has('content-encoding')
  );
}

/** Counts what arrives; dearer than `text()`. */
async function textOf(response: Response, read: Read): Promise<string> {
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let size = 0; reader; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > MAX_ANSWER_BYTES || read.late) {
      reader.cancel().catch(() => undefined);
      throw read.late ? new RedisUnavailable('timeout') : new RedisMalformed('too_large');
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}

function valuesOf(reply: unknown, length: number): readonly (string | null)[] {
  const values = isRecord(reply) ? reply.result : undefined;
  if (!isNullableStrings(values) || values.length !== length) throw new RedisMalformed('mget');
  return values;
}

const isRecord = (value: unknown): value is { readonly result?: unknown; readonly error?: unknown } =>
  typeof value === 'object' && value !== null;

const isNullableStrings = (value: unknown): value is readonly (string | null)[] =>
  Array.isArray(value) && value.every((each) => each === null || typeof each === 'string');
