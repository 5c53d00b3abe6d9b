/**
 * Whether two secrets are equal, in a time that depends on neither's content: the SHA-256 digests are compared, all
 * 32 bytes of them. The length of `presented` shows in the time of its digest; the caller bounds it.
 */
export async function sameSecret(presented: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([digest(presented), digest(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}

const digest = (text: string): Promise<ArrayBuffer> =>
  crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
