/** 256 bits of SHA-256 over a list of texts, base64url: no two lists of texts have one form. */
export async function digestOf(...parts: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return digest.toBase64({ alphabet: 'base64url', omitPadding: true });
}
