import { compactDecrypt } from 'jose/jwe/compact/decrypt';
import type { JsonObject, JsonValue } from '../core/jose.ts';
import type { TokenProfile, TokenProfiles } from '../core/policy.ts';
import type { Rejection } from '../core/rejection.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { DecryptionKey, DecryptionKeySource } from '../keys/port.ts';
import { type DecodedToken, decodeToken } from './decode.ts';
import { CONTENT_ENCRYPTION, KEY_MANAGEMENT, readEncryptedHeader } from './encrypted-header.ts';

/** What was within an encrypted token, and the name of the key that opened it. */
export interface Opened {
  readonly decoded: DecodedToken;
  readonly binding: string;
}

/** Whatever goes wrong with a key in hand is this, and nothing tells which: a sender must learn nothing by trying (RFC 7516 §11.5). */
const UNDECIPHERABLE = err({ reason: 'decryption_failed' as const, evidence: 'encrypted token' });

/**
 * Decrypts a nested JWT (RFC 7519 §7.2 steps 7 and 8, RFC 7516 §5.2) with the keys of the profiles that take encrypted
 * tokens, and takes apart the signed token within. One that is encrypted twice is refused.
 * Does NOT check the signature or any claim, nor that the profile whose token it turns out to be has that key.
 */
export async function openToken(
  token: string,
  profiles: TokenProfiles,
  keys: DecryptionKeySource,
): Promise<Result<Opened>> {
  const bindings = bindingsOf(profiles);
  if (bindings.length === 0) {
    return err({ reason: 'token_malformed', evidence: 'encrypted token: no decryption key' });
  }
  const header = readEncryptedHeader(token);
  if (!header.ok) return header;
  const candidates = await keys.keysFor(bindings, header.value.wanted);
  if (!candidates.ok) return candidates;
  for (const key of candidates.value) {
    const signed = await plaintextOf(token, key);
    if (signed === undefined) continue;
    const decoded = decodeToken(signed);
    if (!decoded.ok) return decoded;
    return agrees(header.value.replicated, decoded.value.claims)
      ? ok({ decoded: decoded.value, binding: key.binding })
      : err({ reason: 'token_malformed', evidence: 'encrypted token: its header repeats other claims' });
  }
  return UNDECIPHERABLE;
}

/** A profile's say on whether its tokens are encrypted, and to which key. */
export function encryptionFault(
  { encryption }: Pick<TokenProfile, 'encryption'>,
  binding: string | undefined,
): Rejection | undefined {
  if (binding === undefined) {
    return encryption?.required
      ? { reason: 'encryption_required', evidence: 'the token is signed alone' }
      : undefined;
  }
  return encryption?.keys.includes(binding)
    ? undefined
    : { reason: 'decryption_failed', evidence: 'encrypted to a key of another issuer' };
}

const bindingsOf = (profiles: TokenProfiles): readonly string[] => [
  ...new Set([...profiles.values()].flat().flatMap(({ encryption }) => encryption?.keys ?? [])),
];

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** undefined: this key does not open it. jose makes up a key where unwrapping fails, so that padding tells nothing. */
export async function plaintextOf(
  token: string,
  { cryptoKey }: Pick<DecryptionKey, 'cryptoKey'>,
): Promise<string | undefined> {
  try {
    const { plaintext } = await compactDecrypt(token, cryptoKey, {
      keyManagementAlgorithms: [...KEY_MANAGEMENT],
      contentEncryptionAlgorithms: [...CONTENT_ENCRYPTION],
      maxDecompressedLength: 0,
    });
    return decoder.decode(plaintext);
  } catch {
    return undefined;
  }
}

/** RFC 7519 §5.3: claims that the header repeats have the same values. */
const agrees = (replicated: JsonObject, claims: JsonObject): boolean =>
  Object.entries(replicated).every(
    ([name, value]) => value === undefined || textOf(value) === textOf(claims[name]),
  );

const textOf = (value: JsonValue | undefined): string | undefined => JSON.stringify(value);
