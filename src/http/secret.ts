/**
 * Whether two secrets are equal, in a time that depends on neither's content: the SHA-256 digests are compared, all
 * 32 bytes of them. The length of `presented` shows in the time of its digest; the caller bounds it.
 */
export async function sameSecret(presented: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([digest(presented), digest(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}

/** Compared against where no secret is registered, so that an unknown client takes as long as a wrong secret. */
const NOBODY = 'no client has this secret';

/** Whether this is the registered secret; false where there is none, after the same time. */
export async function provesSecret(presented: string, registered: string | undefined): Promise<boolean> {
  return (await sameSecret(presented, registered ?? NOBODY)) && registered !== undefined;
}

const digest = (text: string): Promise<ArrayBuffer> =>
  crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
