import type { JsonValue } from '../../core/jose.ts';

/** Sets a claim, or a member of one: what lies around it and is no object becomes one. */
export function putClaim(
  into: Record<string, JsonValue>,
  [name = '', ...below]: readonly string[],
  value: JsonValue,
): void {
  if (below.length === 0) {
    into[name] = value;
    return;
  }
  const held = into[name];
  const inner = typeof held === 'object' && held !== null && !Array.isArray(held) ? { ...held } : {};
  putClaim(inner as Record<string, JsonValue>, below, value);
  into[name] = inner;
}
