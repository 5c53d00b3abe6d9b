import { before } from './deadline.ts';

/**
 * All octets of a body, or `too_large` as soon as there are more than `maxBytes`: counted as they arrive, whatever
 * `Content-Length` says, so a body costs no more memory than the bound. Rejects with `DeadlineExceeded` when `signal`
 * aborts, or with what the stream fails with. The stream is given up in each case.
 */
export async function readBounded(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array | 'too_large'> {
  if (body === null) return new Uint8Array(0);
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await before(signal, reader.read());
      if (done) return concatenate(chunks, length);
      length += value.byteLength;
      if (length > maxBytes) return 'too_large';
      chunks.push(value);
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
