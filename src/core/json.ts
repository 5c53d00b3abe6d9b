import type { JsonObject, JsonValue } from './jose.ts';
import { err, ok, type Result } from './result.ts';

/** Deepest nesting accepted in a header or claims set: no real token comes near, and every later walk stays shallow. */
const MAX_DEPTH = 32;

/** A JSON object, not an array and not null. */
export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses UTF-8 JSON text that must be one object without duplicate member names at any depth
 * (RFC 7515 §4, RFC 7519 §4: duplicates are rejected rather than "last one wins").
 * Returns the object, or a short rule name. Never throws.
 */
export function parseJsonObject(bytes: Uint8Array): Result<JsonObject, string> {
  let text: string;
  let parsed: unknown;
  try {
    text = decoder.decode(bytes);
    parsed = JSON.parse(text);
  } catch {
    return err('not UTF-8 JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return err('not a JSON object');
  }
  const written = countWrittenMembers(text);
  if (written < 0) {
    return err('nested too deeply');
  }
  if (written !== countMembers(parsed as JsonObject)) {
    return err('duplicate member');
  }
  return ok(parsed as JsonObject);
}

/** Members as written: colons outside strings of text known to be JSON. -1 when nested deeper than MAX_DEPTH. */
function countWrittenMembers(text: string): number {
  let members = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // a string: skip to its closing quote
        i = endOfString(text, i);
        break;
      case 0x3a:
        members++;
        break;
      case 0x7b:
      case 0x5b:
        if (++depth > MAX_DEPTH) {
          return -1;
        }
        break;
      case 0x7d:
      case 0x5d:
        depth--;
        break;
    }
  }
  return members;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) {
    end = text.indexOf('"', end + 1);
  }
  return end;
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) {
    backslashes++;
  }
  return backslashes % 2 === 1;
}

/** Members that survived parsing: fewer than written when a name stood twice. */
function countMembers(value: JsonValue | undefined): number {
  if (typeof value !== 'object' || value === null) {
    return 0;
  }
  let members = 0;
  if (Array.isArray(value)) {
    for (const element of value) {
      members += countMembers(element);
    }
    return members;
  }
  // `for … in` where Object.values would make a list: a parsed document's prototype has nothing to enumerate.
  for (const name in value) {
    members += 1 + countMembers((value as JsonObject)[name]);
  }
  return members;
}
