import type { BrowserContext } from 'playwright-core';

/** Makes the session's access token good no more, as one that has expired; it still says which login it was of. */
export async function spoilAccess(visitor: BrowserContext): Promise<void> {
  const cookie = (await visitor.cookies()).find(({ name }) => name === '__Host-session');
  if (cookie === undefined) throw new Error('nobody is logged in');
  const signature = cookie.value.lastIndexOf('.') + 1;
  const value = `${cookie.value.slice(0, signature)}AAAA${cookie.value.slice(signature + 4)}`;
  await visitor.addCookies([{ ...cookie, value }]);
}
