import { foldHeaderName } from '../core/fold-header-name.ts';
import { err, type Result } from '../core/result.ts';
import type { HeaderSource } from '../core/token-source.ts';
import { tokenText } from './token-text.ts';

/**
 * The token of a header of its own: the whole value, or what follows the scheme (in any case, RFC 9110 §11.1). Another
 * scheme, or an empty value, is none. A header sent twice, which the runtime joins with a comma, is `credentials_multiple`.
 * Does not check who wrote the header: a client may, unless a proxy in front of the gateway removes its copies.
 */
export function findInHeader(
  { name, scheme, padded }: HeaderSource,
  headers: Headers,
  maxTokenBytes: number,
): Result<string> {
  const value = headers.get(name);
  if (value === null || value === '') return MISSING;
  if (value.length > (scheme?.length ?? 0) + 1 + maxTokenBytes) {
    return err({ reason: 'token_too_large', evidence: name });
  }
  if (value.includes(',')) return err({ reason: 'credentials_multiple', evidence: `${name} twice` });
  if (scheme === undefined) return tokenText(value, name, maxTokenBytes, padded);
  if (value.slice(0, scheme.length).toLowerCase() !== scheme) return MISSING;
  const rest = value.slice(scheme.length);
  const token = rest.replace(/^ +/, '');
  if (rest !== '' && token === rest) return MISSING;
  return tokenText(token, name, maxTokenBytes, padded);
}

/** Every spelling of the header: an origin may read `X_Token` as `X-Token`. */
export function removeHeader({ name }: HeaderSource, headers: Headers): void {
  for (const sent of [...headers.keys()]) {
    if (foldHeaderName(sent) === name) headers.delete(sent);
  }
}

const MISSING = err({ reason: 'credentials_missing' } as const);
