import { CompactSign } from 'jose';
import type { Algorithm, JwsHeader } from '../../core/jose.ts';
import { ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS } from '../../core/jose.ts';
import type { KeyProvider } from '../../core/policy.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { Candidates } from '../../keys/port.ts';
import { decodeBase64url } from '../../tokens/base64url.ts';
import { makePair, type Pair } from './keys.ts';

/** Keys in the place of ones that are not at hand: they verify what has been signed anew, and nothing else. */
export interface AssumedKeys {
  /** The same header and claims with a signature of our own; undefined for an algorithm that there is not. */
  signAnew(token: string): Promise<string | undefined>;
  /** `keys_unavailable` where nothing has been signed anew for that algorithm. */
  keysFor(provider: KeyProvider, header: JwsHeader): Promise<Result<Candidates>>;
}

const ALGORITHMS: readonly Algorithm[] = [...ASYMMETRIC_ALGORITHMS, ...HMAC_ALGORITHMS];

export function createAssumedKeys(): AssumedKeys {
  const pairs = new Map<string, Pair>();
  return {
    async signAnew(token) {
      const [head = '', payload = ''] = token.split('.');
      const header = JSON.parse(new TextDecoder().decode(decodeBase64url(head)));
      const algorithm = ALGORITHMS.find((each) => each === header.alg);
      if (algorithm === undefined) return undefined;
      const pair = pairs.get(algorithm) ?? (await makePair(algorithm));
      pairs.set(algorithm, pair);
      return await new CompactSign(decodeBase64url(payload) ?? new Uint8Array())
        .setProtectedHeader(header)
        .sign(pair.signing);
    },
    async keysFor(provider, { alg, kid }) {
      const allowed: ReadonlySet<string> = provider.algorithms;
      if (!allowed.has(alg)) return err({ reason: 'algorithm_not_allowed', evidence: 'alg' });
      const pair = pairs.get(alg);
      return pair === undefined
        ? err({ reason: 'keys_unavailable', evidence: 'keys_not_asked_for', retryAfterSeconds: 1 })
        : ok({ keys: [{ ...pair.verification, kid }], conclusive: true });
    },
  };
}
