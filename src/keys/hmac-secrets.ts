import type { KeyProvider } from '../core/policy.ts';

/** The secrets that these providers name, by binding: of all that a Worker is given, no other leaves its entry. */
export function hmacSecrets(
  providers: readonly KeyProvider[],
  bindings: object,
): ReadonlyMap<string, string> {
  const given = new Map<string, unknown>(Object.entries(bindings));
  return new Map(
    providers.flatMap(({ source }) => {
      const names = source.from === 'secret' ? source.bindings : [];
      return names.flatMap((name): [string, string][] => {
        const secret = given.get(name);
        return typeof secret === 'string' ? [[name, secret]] : [];
      });
    }),
  );
}
