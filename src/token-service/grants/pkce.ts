/** RFC 7636 §4.2: what S256 makes of any verifier, 256 bits in base64url. */
export const isChallenge = (text: string): boolean => /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(text);

/** RFC 7636 §4.1, §4.6: whether the verifier is one and its SHA-256 is the challenge. */
export async function verifierHolds(verifier: string, challenge: string): Promise<boolean> {
  if (!/^[\w.~-]{43,128}$/.test(verifier)) return false;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)));
  return digest.toBase64({ alphabet: 'base64url', omitPadding: true }) === challenge;
}
