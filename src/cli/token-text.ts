import { UsageError } from './command.ts';

/** The claims and header of a token as they are written. Nothing in it is verified: it only says what to look for. */
export interface TokenText {
  readonly token: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Octets of a signature, where the algorithm has one length (RFC 7518 §3.1, RFC 8037 §3.1). */
const SIGNATURE_BYTES: Readonly<Record<string, number>> = {
  HS256: 32,
  HS384: 48,
  HS512: 64,
  ES256: 64,
  ES384: 96,
  ES512: 132,
  EdDSA: 64,
  Ed25519: 64,
};

/**
 * Reads text as one signed token (RFC 7515 §7.1), with `Bearer` before it or without; undefined when it is no token at
 * all and may be an identifier. Throws `UsageError`, without a word of the text, for what is neither: several tokens,
 * one cut short, unsigned or encrypted, or one inside other text.
 * Does NOT check the signature: whoever revokes by it must.
 */
export function readTokenText(text: string): TokenText | undefined {
  const bare = text.trim().replace(/^(?:authorization\s*:\s*)?bearer\s+/i, '');
  if (/\s/.test(bare)) {
    throw new UsageError('One token or identifier is needed, and this has spaces or lines in it.');
  }
  const parts = bare.split('.');
  const header = decodedObject(parts[0]);
  if (header === undefined || typeof header.alg !== 'string') {
    if (bare.split(/[^\w-]/).some(beginsAnObject)) {
      throw new UsageError(
        'This holds a token that is cut short or has other text around it. Give the whole token alone.',
      );
    }
    if (bare !== text.trim()) throw new UsageError('What follows "Bearer" is not a signed token.');
    return undefined;
  }
  if (typeof header.enc === 'string') {
    throw new UsageError(
      'The token is encrypted: nothing here can read it. Name what is meant: --jti, --sub or --sid.',
    );
  }
  const [, payload, signature = ''] = parts;
  if (header.alg.toLowerCase() === 'none' || (parts.length === 3 && signature === '')) {
    throw new UsageError('The token is not signed: no gateway accepts it, and anyone could have written it.');
  }
  const claims = decodedObject(payload);
  const bytes = SIGNATURE_BYTES[header.alg];
  const isWhole =
    parts.length === 3 &&
    claims !== undefined &&
    /^[\w-]+$/.test(signature) &&
    (bytes === undefined ? signature.length % 4 !== 1 : signature.length === Math.ceil((bytes * 4) / 3));
  if (!isWhole) throw new UsageError('The token is cut short or damaged. Give the whole token.');
  return { token: bare, claims };
}

/** Whether text given as an identifier is a token, or begins as one. */
export const holdsToken = (text: string): boolean =>
  typeof decodedObject(text.trim().split('.')[0])?.alg === 'string' || /^bearer\s/i.test(text.trim());

/** base64url of `{"…` or `{ …`: the first octets of any JSON object. */
const beginsAnObject = (run: string): boolean => run.length >= 10 && /^(?:eyJ|eyA|ewo|ew0)/.test(run);

function decodedObject(part: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (part === undefined || !/^[\w-]+$/.test(part)) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
