/** After so many bytes a body is read in larger pieces; bytes. */
const SMALL_BYTES = 16_384;
const LARGE_PIECE_BYTES = 65_536;

type Piece = ReadableStreamReadResult<Uint8Array>;

/**
 * The pieces of a body, as they arrive. The runtime hands out 4 KiB at a time, and each piece costs it as much as a third
 * of a whole request: what turns out not to be small is read into a buffer of 64 KiB.
 */
export class BodyPieces {
  readonly #body: ReadableStream<Uint8Array>;
  #small: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #large: ReadableStreamBYOBReader | undefined;
  #buffer: ArrayBufferLike | undefined;
  #bytes = 0;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#body = body;
    this.#small = body.getReader();
  }

  /** Rejects where the body breaks off. A piece is good until the next one is asked for, which may overwrite it. */
  async next(): Promise<Piece> {
    const piece = await this.#read();
    if (!piece.done) this.#bytes += piece.value.byteLength;
    return piece;
  }

  async #read(): Promise<Piece> {
    if (this.#small !== undefined && this.#bytes < SMALL_BYTES) return this.#small.read();
    this.#small?.releaseLock();
    this.#small = undefined;
    this.#large ??= this.#body.getReader({ mode: 'byob' });
    const piece = await this.#large.read(new Uint8Array(this.#buffer ?? new ArrayBuffer(LARGE_PIECE_BYTES)));
    // What was handed over comes back with the piece.
    this.#buffer = piece.value?.buffer;
    return piece;
  }

  cancel(cause: unknown): void {
    (this.#small ?? this.#large)?.cancel(cause).catch(() => undefined);
  }
}
