import { readBounded } from '../core/bounded-body.ts';
import { withTimer } from '../core/deadline.ts';
import type { JsonObject } from '../core/jose.ts';
import { parseJsonObject } from '../core/json.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Fault } from './fault.ts';

/** No message of any intake comes near; a token is at most 16 KiB in the gateway. */
export const MAX_BODY_BYTES = 64 * 1024;

/** A message of at most `MAX_BODY_BYTES` needs no longer on any network that works. */
const BODY_TIMEOUT_MS = 5_000;

/**
 * Reads a body of one media type, counting while it streams: a body without or with a false Content-Length costs no
 * more memory than the cap, and one that is sent by half is given up after `timeoutMs` (RFC 9110 §15.5.9).
 * Parameters of the media type other than `charset=utf-8` are refused.
 */
export async function readBody(
  request: Request,
  mediaType: string,
  timeoutMs = BODY_TIMEOUT_MS,
): Promise<Result<Uint8Array, Fault>> {
  if (!isMediaType(request.headers.get('Content-Type'), mediaType)) {
    return err({ status: 415, detail: `The body must be ${mediaType}.` });
  }
  if (request.headers.has('Content-Encoding')) {
    return err({ status: 415, detail: 'The body must not be encoded.' });
  }
  const announced = request.headers.get('Content-Length');
  if (announced !== null && Number(announced) > MAX_BODY_BYTES) {
    return err(TOO_LARGE);
  }
  return withTimer(timeoutMs, async (signal) => {
    const body = await readBounded(request.body, MAX_BODY_BYTES, signal).catch(() => undefined);
    if (body === undefined) {
      return err(signal.aborted ? TOO_SLOW : { status: 400, detail: 'The body breaks off.' });
    }
    return body === 'too_large' ? err(TOO_LARGE) : ok(body);
  });
}

/** One JSON object without duplicate members (RFC 8259 §4). */
export async function readJson(request: Request): Promise<Result<JsonObject, Fault>> {
  const body = await readBody(request, 'application/json');
  if (!body.ok) {
    return body;
  }
  const parsed = parseJsonObject(body.value);
  return parsed.ok ? parsed : err({ status: 400, detail: `The body is refused: ${parsed.error}.` });
}

/** Form parameters, each at most once (RFC 6749 §3.2: a repeated parameter is an error). */
export async function readForm(request: Request): Promise<Result<ReadonlyMap<string, string>, Fault>> {
  const body = await readBody(request, 'application/x-www-form-urlencoded');
  if (!body.ok) {
    return body;
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body.value);
  } catch {
    return err(NOT_UTF8);
  }
  return isFormEncoded(text) ? uniqueParameters(new URLSearchParams(text)) : err(NOT_UTF8);
}

/**
 * Whether what a form or a query encodes is UTF-8, with two hexadecimal digits behind every percent sign. A parser would
 * read something else in place of what is not, and two texts as one.
 */
export function isFormEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const NOT_UTF8: Fault = { status: 400, detail: 'The body is not UTF-8.' };

/** Parameters of a query or form as a map, or a fault when a name stands twice. */
export function uniqueParameters(parameters: URLSearchParams): Result<ReadonlyMap<string, string>, Fault> {
  const unique = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (unique.has(name)) {
      return err({ status: 400, detail: 'A parameter stands more than once.' });
    }
    unique.set(name, value);
  }
  return ok(unique);
}

const TOO_SLOW: Fault = { status: 408, detail: 'The body does not arrive.' };

const TOO_LARGE: Fault = { status: 413, detail: `The body is larger than ${MAX_BODY_BYTES} bytes.` };

function isMediaType(header: string | null, expected: string): boolean {
  const [type, ...parameters] = (header ?? '').split(';').map((part) => part.trim().toLowerCase());
  return type === expected && parameters.every((parameter) => /^(charset=("utf-8"|utf-8))?$/.test(parameter));
}
