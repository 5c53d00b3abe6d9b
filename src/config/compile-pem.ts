import type { PemBlock } from '../core/issuer-policy.ts';
import { JWKS_CACHE_DEFAULTS } from './defaults.ts';
import { type ConfigProblem, type PathSegment, problem } from './problem.ts';

const ALLOWED = `1 to ${JWKS_CACHE_DEFAULTS.maxKeys} blocks of "-----BEGIN PUBLIC KEY-----" or "-----BEGIN CERTIFICATE-----"`;
const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----/g;

/**
 * Public keys and certificates in textual encoding (RFC 7468), one after the other. A private key is a problem that
 * repeats nothing of it.
 * Does NOT check that a key is strong or fits an algorithm: `keys/` does when it imports it. Nor a certificate's dates,
 * names or issuer: it is a key in an envelope.
 */
export function compilePem(
  pem: string,
  path: readonly PathSegment[],
  problems: ConfigProblem[],
): readonly PemBlock[] | undefined {
  if (/PRIVATE KEY/i.test(pem)) {
    const hint = 'treat this key as leaked: replace it at the issuer, then remove it here';
    problems.push(problem(path, 'a PRIVATE key', 'public keys and certificates only', hint));
    return undefined;
  }
  const blocks: PemBlock[] = [];
  for (const [, label, text = ''] of pem.matchAll(BLOCK)) {
    const base64 = text.replace(/\s+/g, '');
    const isKnown = label === 'PUBLIC KEY' || label === 'CERTIFICATE';
    if (!isKnown || !/^[A-Za-z0-9+/]{16,}={0,2}$/.test(base64) || base64.length % 4 !== 0) {
      const found = `block ${blocks.length + 1}, which is none of these`;
      problems.push(problem(path, found, ALLOWED, hintFor(label, text)));
      return undefined;
    }
    blocks.push({ label, base64 });
  }
  const isAll = pem.replace(BLOCK, '').trim() === '';
  if (blocks.length > 0 && blocks.length <= JWKS_CACHE_DEFAULTS.maxKeys && isAll) return blocks;
  const found = isAll ? `${blocks.length} blocks` : 'text beside the blocks, or a block without its end';
  const hint = pem.includes('-----BEGIN')
    ? undefined
    : 'the text itself, not where it lies, with its first and last line';
  problems.push(problem(path, found, ALLOWED, hint));
  return undefined;
}

/** Says nothing of the text. */
function hintFor(label: string | undefined, text: string): string | undefined {
  if (label === 'RSA PUBLIC KEY') return 'convert it: openssl rsa -RSAPublicKey_in -in key.pem -pubout';
  return text.includes('\\n')
    ? 'line breaks as such, in a text between three quotes, instead of \\n'
    : undefined;
}
