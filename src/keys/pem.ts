import { exportJWK, importSPKI, importX509 } from 'jose';
import type { PemBlock } from '../core/issuer-policy.ts';
import type { JsonObject } from '../core/jose.ts';

/** One for each kind of key that this room takes: the key says itself, in its own encoding, which of them it is. */
const KINDS = ['RS256', 'ES256', 'ES384', 'ES512', 'Ed25519'] as const;

/**
 * Public keys and certificates (RFC 7468) as a JWK Set, for the checks that every key set goes through. A certificate gives its key
 * the names `x5t` and `x5t#S256`; nothing else of it is looked at. A block that is no key of these kinds becomes an
 * entry that is refused as such.
 */
export const jwksOfPem = async (blocks: readonly PemBlock[]): Promise<JsonObject> => ({
  keys: await Promise.all(blocks.map(jwkOf)),
});

async function jwkOf({ label, base64 }: PemBlock): Promise<JsonObject> {
  const pem = `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----`;
  const read = label === 'CERTIFICATE' ? importX509 : importSPKI;
  for (const algorithm of KINDS) {
    const key = await read(pem, algorithm, { extractable: true }).catch(() => undefined);
    if (key === undefined) continue;
    const { kty, crv, n, e, x, y } = await exportJWK(key);
    return { kty, crv, n, e, x, y, ...(label === 'CERTIFICATE' ? { x5c: [base64] } : {}) };
  }
  return {};
}
