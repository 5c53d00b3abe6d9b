import { CompactEncrypt, CompactSign, generateKeyPair } from 'jose';
import type { Algorithm, VerificationKey } from '../../core/jose.ts';
import type { KeyProvider } from '../../core/policy.ts';
import { err, ok } from '../../core/result.ts';
import type { DecryptionKeySource, KeySource } from '../../keys/port.ts';

/** What the protected header of a stand-in's tokens names its keys by. */
export const STAND_IN_KID = 'stand-in';

/** Keys made up for the issuers of a policy, in the place of the real ones: nothing that they sign is good elsewhere. */
export interface StandInKeys {
  /** For the verifier: a provider has one key for each of its algorithms, named `STAND_IN_KID`. */
  readonly source: KeySource;
  /** A compact JWS (RFC 7515 §3.1) of the payload, made with the provider's stand-in key for the header's `alg`. */
  sign(provider: KeyProvider, header: StandInHeader, payload: Uint8Array): Promise<string>;
  /** For the verifier: each secret that tokens may be encrypted to holds a key of its own. */
  readonly decryption: DecryptionKeySource;
  /** A nested JWT (RFC 7519 §5.2) for the key of that secret. */
  encrypt(binding: string, token: string): Promise<string>;
}

export interface StandInHeader {
  readonly alg: Algorithm;
  readonly [member: string]: unknown;
}

/** A key pair, or twice the same secret, of nobody. */
export interface Pair {
  readonly verification: VerificationKey;
  readonly signing: CryptoKey;
}

export function createStandInKeys(): StandInKeys {
  const pairs = new Map<string, Promise<Pair>>();
  const pairFor = (provider: KeyProvider, algorithm: Algorithm): Promise<Pair> => {
    const name = JSON.stringify([provider.name, algorithm]);
    const pair = pairs.get(name) ?? makePair(algorithm);
    pairs.set(name, pair);
    return pair;
  };
  const boxes = new Map<string, ReturnType<typeof makeBox>>();
  const boxFor = (binding: string) => {
    const box = boxes.get(binding) ?? makeBox();
    boxes.set(binding, box);
    return box;
  };
  return {
    decryption: {
      async keysFor(bindings) {
        const keys = bindings.map(async (binding) => {
          const { privateKey } = await boxFor(binding);
          return { binding, kid: undefined, cryptoKey: privateKey };
        });
        return ok(await Promise.all(keys));
      },
    },
    async encrypt(binding, token) {
      const { publicKey } = await boxFor(binding);
      return new CompactEncrypt(new TextEncoder().encode(token))
        .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', cty: 'JWT' })
        .encrypt(publicKey);
    },
    source: {
      async keysFor(provider, { alg, kid }) {
        const algorithm = [...provider.algorithms].find((each) => each === alg);
        if (algorithm === undefined) return err({ reason: 'algorithm_not_allowed', evidence: 'alg' });
        if (kid !== undefined && kid !== STAND_IN_KID) {
          return err({ reason: 'key_not_found', evidence: 'a kid that no stand-in has' });
        }
        const { verification } = await pairFor(provider, algorithm);
        return ok({ keys: [verification], conclusive: true });
      },
      status: () => [],
    },
    async sign(provider, header, payload) {
      const { signing } = await pairFor(provider, header.alg);
      return new CompactSign(payload).setProtectedHeader(header).sign(signing);
    },
  };
}

const makeBox = () => generateKeyPair('ECDH-ES');

export async function makePair(algorithm: Algorithm): Promise<Pair> {
  const pair = algorithm.startsWith('HS') ? await makeSecret(algorithm) : await generateKeyPair(algorithm);
  return {
    verification: { algorithm, kid: STAND_IN_KID, cryptoKey: pair.publicKey },
    signing: pair.privateKey,
  };
}

/** RFC 7518 §3.2: a key as long as the hash. */
async function makeSecret(algorithm: Algorithm): Promise<{ publicKey: CryptoKey; privateKey: CryptoKey }> {
  const hash = `SHA-${algorithm.slice(2)}`;
  const octets = crypto.getRandomValues(new Uint8Array(64));
  const key = await crypto.subtle.importKey('raw', octets, { name: 'HMAC', hash }, false, ['sign', 'verify']);
  return { publicKey: key, privateKey: key };
}
