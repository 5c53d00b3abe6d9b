import type { IssuerTemplate } from './issuer-policy.ts';
import type { TokenProfile } from './policy.ts';

/** RFC 9562 §4, in lower case alone: a tenant then has one spelling, and its revocations one name. */
const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/**
 * What stands in an `iss` where the template leaves one path segment open; undefined: it is no issuer of the template.
 * Compared as text, in time linear in its length.
 */
export function parameterOf(iss: string, { before, after, allowed }: IssuerTemplate): string | undefined {
  if (!iss.startsWith(before) || !iss.endsWith(after)) return undefined;
  // Where the two overlap, what is left is the empty text, and that is never allowed.
  const value = iss.slice(before.length, iss.length - after.length);
  return (allowed === 'guid' ? GUID.test(value) : allowed.has(value)) ? value : undefined;
}

/** The profile whose tokens have this `iss`: its own, or one of its template. The template's text itself is no `iss`. */
export function profileOf(
  iss: string,
  byIssuer: ReadonlyMap<string, TokenProfile>,
): TokenProfile | undefined {
  const exact = byIssuer.get(iss);
  if (exact !== undefined) return exact.template === undefined ? exact : undefined;
  for (const profile of byIssuer.values()) {
    if (profile.template !== undefined && parameterOf(iss, profile.template) !== undefined) return profile;
  }
  return undefined;
}
