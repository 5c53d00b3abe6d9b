import { isPosition, type Manifest, type SnapshotChunk } from '../feed.ts';
import { SNAPSHOT_FORMAT, WORDS } from './record.ts';

/** Records in one chunk: half a megabyte, 0.7 as base64, below the 1 MB that Upstash allows one request. */
export const RECORDS_PER_CHUNK = 32_768;

/** Arguments that one call may take. */
const BYTES_PER_CALL = 8_192;
const NEXT_CHUNK = /^(?:-|\d{1,9})$/;
const NAME = /^[\x21-\x7e]{1,64}$/;

/** `<next chunk or -> <base64 of the records, little-endian>`. */
export function encodeChunk(records: Uint32Array, next: string | undefined): string {
  const bytes = bytesOf(records);
  let binary = '';
  for (let at = 0; at < bytes.length; at += BYTES_PER_CALL) {
    binary += String.fromCharCode(...bytes.subarray(at, at + BYTES_PER_CALL));
  }
  return `${next ?? '-'} ${btoa(binary)}`;
}

/** undefined when it is not a chunk. */
export function decodeChunk(text: unknown): SnapshotChunk | undefined {
  if (typeof text !== 'string') return undefined;
  const space = text.indexOf(' ');
  const next = text.slice(0, space);
  if (!NEXT_CHUNK.test(next)) return undefined;
  let binary: string;
  try {
    binary = atob(text.slice(space + 1));
  } catch {
    return undefined;
  }
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  const records = recordsFrom(bytes);
  return records && { records, next: next === '-' ? undefined : next };
}

/** 32-bit words as bytes, little-endian whatever the machine. */
export function bytesOf(records: Uint32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(records.length * 4));
  for (let index = 0; index < records.length; index++) view.setUint32(index * 4, records[index] ?? 0, true);
  return new Uint8Array(view.buffer);
}

/** The reverse; undefined when the bytes are not whole records. */
export function recordsFrom(bytes: Uint8Array): Uint32Array | undefined {
  if (bytes.byteLength % (WORDS * 4) !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records = new Uint32Array(bytes.byteLength / 4);
  for (let index = 0; index < records.length; index++) records[index] = view.getUint32(index * 4, true);
  return records;
}

export const writeManifest = (manifest: Manifest): string =>
  JSON.stringify({ format: SNAPSHOT_FORMAT, ...manifest });

/** undefined when it is not a manifest, or one of another format. */
export function parseManifest(text: unknown): Manifest | undefined {
  if (typeof text !== 'string') return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { format, epoch, generation, position, records } = parsed as Readonly<Record<string, unknown>>;
  if (format !== SNAPSHOT_FORMAT || !isPosition(position)) return undefined;
  if (typeof epoch !== 'string' || !NAME.test(epoch)) return undefined;
  if (typeof generation !== 'string' || !NAME.test(generation)) return undefined;
  if (typeof records !== 'number' || !Number.isSafeInteger(records) || records < 0) return undefined;
  return { epoch, generation, position, records };
}
