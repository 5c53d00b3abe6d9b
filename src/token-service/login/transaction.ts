import { CompactEncrypt, compactDecrypt } from 'jose';
import { generateRandomCodeVerifier, generateRandomNonce, generateRandomState } from 'oauth4webapi';
import type { NumericDate } from '../../core/time.ts';
import { type SealingSecret, sealingKeys } from '../../signing-keys/sealing.ts';
import type { LoginSecrets } from '../upstream/login.ts';

/** What a login is for, as it stood when the browser was sent to the provider. */
export type LoginPurpose =
  | {
      readonly kind: 'authorize';
      readonly clientId: string;
      readonly redirectUri: string;
      readonly state: string | null;
      readonly scope: readonly string[];
      readonly resource: string;
      readonly challenge: string;
    }
  | {
      readonly kind: 'session';
      /** A path of the session's own site. */
      readonly returnTo: string;
      /** The grant of the session that this browser has had until now, where it was known. */
      readonly replaces: string | null;
    };

/** A login under way. */
export type Transaction = {
  readonly upstream: string;
  readonly secrets: LoginSecrets;
  readonly maxAge: number | null;
  readonly purpose: LoginPurpose;
  readonly expiresAt: NumericDate;
};

export const newLoginSecrets = (): LoginSecrets => ({
  state: generateRandomState(),
  nonce: generateRandomNonce(),
  verifier: generateRandomCodeVerifier(),
});

/** The `state` that `newLoginSecrets` makes. */
export const isState = (text: string): boolean => /^[\w-]{43}$/.test(text);

/** Keeps transactions with the browser that began them: sealed, so that it can neither read nor change one. */
export interface TransactionSealer {
  seal(transaction: Transaction): Promise<string>;
  /** Undefined: not ours, of another `state`, or over. */
  open(sealed: string, state: string, now: NumericDate): Promise<Transaction | undefined>;
}

const PURPOSE = 'logins under way';
/** More than a cookie holds. */
const MAX_SEALED = 4_096;

/** JWE (RFC 7516) with a key that HKDF derives for this purpose. `secrets`: the first seals, all open. */
export function createTransactionSealer(
  secrets: readonly [SealingSecret, ...SealingSecret[]],
): TransactionSealer {
  const keyOf = sealingKeys(PURPOSE, ['encrypt', 'decrypt']);
  const [first] = secrets;
  return {
    async seal(transaction) {
      return await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(transaction)))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: first.name })
        .encrypt(await keyOf(first));
    },
    async open(sealed, state, now) {
      if (sealed.length > MAX_SEALED) return undefined;
      try {
        const { plaintext } = await compactDecrypt(
          sealed,
          async ({ kid }) => {
            const secret = secrets.find(({ name }) => name === kid);
            if (secret === undefined) throw new TypeError('no secret of that name');
            return await keyOf(secret);
          },
          { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] },
        );
        const transaction: Transaction = JSON.parse(new TextDecoder().decode(plaintext));
        return transaction.secrets.state === state && now < transaction.expiresAt ? transaction : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
