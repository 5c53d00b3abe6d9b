import { CompactSign, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Algorithm } from '../../core/jose.ts';
import type { KeyProvider, Policy, TokenProfile } from '../../core/policy.ts';
import { secretBytes } from '../../core/secret-bytes.ts';
import { STAND_IN_KID } from '../stand-in/keys.ts';
import type { TokenSigner } from '../stand-in/mint.ts';

/** The stand-ins of a policy's issuers while `portcullis dev` runs: new keys each time, which no other gateway knows. */
export interface DevIssuers extends TokenSigner {
  profile(name: string): TokenProfile | undefined;
  readonly names: readonly string[];
  /** RFC 7517 §5; undefined: no issuer of that name, or one whose key is a secret. */
  jwks(name: string): Promise<{ readonly keys: readonly JWK[] } | undefined>;
}

interface Pair {
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
}

/** @param secrets what the gateway is given for the HMAC issuers, by binding */
export function createDevIssuers(
  { issuers }: Policy,
  names: readonly string[],
  secrets: Readonly<Record<string, string>>,
): DevIssuers {
  const profiles = new Map(
    issuers.filter(({ name }) => names.includes(name)).map((each) => [each.name, each]),
  );
  const pairs = new Map<string, Promise<Pair>>();
  const pairFor = ({ name }: KeyProvider, algorithm: Algorithm): Promise<Pair> => {
    const key = JSON.stringify([name, algorithm]);
    const pair = pairs.get(key) ?? makePair(algorithm);
    pairs.set(key, pair);
    return pair;
  };
  return {
    names,
    kid: kidOf,
    profile: (name) => profiles.get(name),
    async jwks(name) {
      const keys = profiles.get(name)?.keys;
      if (keys === undefined || keys.source.from === 'secret') return undefined;
      const made = await Promise.all([...keys.algorithms].map((algorithm) => pairFor(keys, algorithm)));
      return { keys: made.map(({ jwk }) => jwk) };
    },
    async sign(provider, header, payload) {
      const { source } = provider;
      if (source.from === 'secret') {
        const secret = secretBytes(secrets[source.bindings[0] ?? ''] ?? '', source.encoding);
        if (secret === undefined) throw new Error(`no secret for ${provider.name}`);
        const { kid: _, ...named } = header;
        return new CompactSign(payload).setProtectedHeader({ ...named, alg: header.alg }).sign(secret);
      }
      const { privateKey } = await pairFor(provider, header.alg);
      return new CompactSign(payload).setProtectedHeader(header).sign(privateKey);
    },
  };
}

/** One name a key: an issuer that gives a name twice is warned of. */
const kidOf = (algorithm: Algorithm): string => `${STAND_IN_KID}-${algorithm}`;

async function makePair(algorithm: Algorithm): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = {
    ...(await exportJWK(publicKey)),
    kid: kidOf(algorithm),
    alg: algorithm,
    use: 'sig',
  };
  return { jwk, privateKey };
}
