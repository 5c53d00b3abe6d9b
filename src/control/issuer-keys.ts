import type { Issuer } from '../core/policy.ts';
import type { KeySource } from '../keys/port.ts';

/**
 * The keys of the configured issuers, also for those made from them with another audience or other types: keys belong
 * to the table, whoever a token is for.
 */
export function keysByIssuerName(keys: KeySource, configured: readonly Issuer[]): KeySource {
  const byName = new Map(configured.map((issuer) => [issuer.name, issuer]));
  return {
    keyFor: (issuer, header, context) => keys.keyFor(byName.get(issuer.name) ?? issuer, header, context),
    status: (now) => keys.status(now),
  };
}
