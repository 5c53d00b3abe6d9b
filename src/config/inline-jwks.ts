import type { JsonObject, JsonValue } from '../core/jose.ts';
import { isObject } from '../core/json.ts';
import { secretMembersOf } from '../core/jwk-members.ts';
import { JWKS_CACHE_DEFAULTS } from './defaults.ts';
import { type ConfigProblem, type PathSegment, problem, problemAt } from './problem.ts';

/**
 * The keys of an inline JWK Set (RFC 7517 §5), public ones only; a private or symmetric one is a problem that names
 * its members and never their values.
 * Does NOT check that a key is strong, well formed or fits an algorithm: `keys/` does when it imports them.
 */
export function checkInlineJwks(
  keys: JsonValue | undefined,
  path: readonly PathSegment[],
  problems: ConfigProblem[],
): readonly JsonObject[] | undefined {
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > JWKS_CACHE_DEFAULTS.maxKeys) {
    problems.push(
      problemAt(path, keys, `a list of 1 to ${JWKS_CACHE_DEFAULTS.maxKeys} public keys (RFC 7517 §5)`),
    );
    return undefined;
  }
  const sound: JsonObject[] = [];
  keys.forEach((key: JsonValue, index) => {
    const at = [...path, index];
    if (!isObject(key) || typeof key.kty !== 'string') {
      problems.push(problemAt(at, key, 'a public JWK with "kty" (RFC 7517 §4)'));
      return;
    }
    const secret = secretMembersOf(key);
    if (secret.length === 0 && key.kty !== 'oct') sound.push(key);
    else {
      problems.push(
        problem(
          at,
          `a PRIVATE or symmetric key (${secret.join(', ') || 'kty "oct"'})`,
          'public keys only',
          'treat this key as leaked: replace it at the issuer, then remove it here',
        ),
      );
    }
  });
  return sound;
}
