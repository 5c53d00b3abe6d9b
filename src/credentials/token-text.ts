import { err, ok, type Result } from '../core/result.ts';

/** RFC 6750 §2.1 `b64token`. */
const B64TOKEN = /^[\w.~+/-]+=*$/;
/** Of a JWT whose every part may be padded. */
const PADDED = /^[\w-]+={0,2}\.[\w-]+={0,2}\.[\w-]+={0,2}$/;

/**
 * The text of a token, or a refusal whose evidence is `place`: `token_too_large`, looked at before anything else, or
 * `credentials_malformed` for characters that no token has. Says nothing about the token.
 */
export function tokenText(text: string, place: string, maxBytes: number, padded = false): Result<string> {
  if (text.length > maxBytes) {
    return err({ reason: 'token_too_large', evidence: place });
  }
  return (padded ? PADDED : B64TOKEN).test(text)
    ? ok(text)
    : err({ reason: 'credentials_malformed', evidence: place });
}
