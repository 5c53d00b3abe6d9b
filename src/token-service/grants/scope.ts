import { err, ok, type Result } from '../../core/result.ts';
import type { Resource } from '../policy.ts';

/**
 * The scope of one access token: what is asked for (RFC 6749 §3.3), else all that was granted, as far as the resource
 * server knows it (RFC 8707 §2.2). Asking for what was not granted is an error (§6), and so is asking in vain.
 */
export function scopeFor(
  asked: readonly string[] | undefined,
  granted: readonly string[],
  resource: Pick<Resource, 'scope'>,
): Result<readonly string[], 'invalid_scope'> {
  if (asked === undefined) return ok(granted.filter((value) => resource.scope.has(value)));
  const given = [...new Set(asked)].filter((value) => resource.scope.has(value));
  return asked.every((value) => granted.includes(value)) && given.length > 0
    ? ok(given)
    : err('invalid_scope');
}

/** RFC 6749 §3.3: scope tokens with single spaces between them. Undefined where the text is none. */
export const parseScope = (text: string): readonly string[] | undefined =>
  /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(text) ? text.split(' ') : undefined;
