import { createHash, type webcrypto } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

export const DEMO_ALGORITHMS = ['ES256', 'RS256'] as const;
export type DemoAlgorithm = (typeof DEMO_ALGORITHMS)[number];

interface SigningKey {
  readonly algorithm: DemoAlgorithm;
  readonly privateKey: webcrypto.CryptoKey;
  readonly jwk: JWK & { readonly kid: string };
}

/** The demo issuer's signing keys: made at start, held in memory, gone with the process. */
export interface KeyRing {
  /** RFC 7517 §5: the keys that sign, then those they replaced. */
  published(): { readonly body: string; readonly etag: string; readonly kids: readonly string[] };
  /** New keys sign from now on; those before stay published until the next rotation. */
  rotate(): Promise<void>;
  sign(claims: JWTPayload, algorithm: DemoAlgorithm): Promise<string>;
}

export async function createKeyRing(): Promise<KeyRing> {
  let signing = await generateKeys();
  let retired: readonly SigningKey[] = [];

  return {
    published() {
      const keys = [...signing, ...retired].map(({ jwk }) => jwk);
      const body = JSON.stringify({ keys });
      const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
      return { body, etag, kids: keys.map(({ kid }) => kid) };
    },
    async rotate() {
      const next = await generateKeys();
      retired = signing;
      signing = next;
    },
    sign(claims, algorithm) {
      const key = signing.find((each) => each.algorithm === algorithm);
      if (!key) throw new Error(`no key for ${algorithm}`);
      // RFC 9068 §2.1: the type of a JWT access token.
      const header = { alg: algorithm, typ: 'at+jwt', kid: key.jwk.kid };
      return new SignJWT(claims).setProtectedHeader(header).sign(key.privateKey);
    },
  };
}

function generateKeys(): Promise<readonly SigningKey[]> {
  return Promise.all(
    DEMO_ALGORITHMS.map(async (algorithm) => {
      const { publicKey, privateKey } = await generateKeyPair(algorithm);
      const jwk = await exportJWK(publicKey);
      const kid = await calculateJwkThumbprint(jwk);
      return { algorithm, privateKey, jwk: { ...jwk, kid, alg: algorithm, use: 'sig' } };
    }),
  );
}
