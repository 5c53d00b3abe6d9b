const MAX_LENGTH = 1_024;

/**
 * Where a login leads back to: a path of this origin with its query and fragment, as the URL parser writes it. It may be given
 * with the origin in front, as the gateway's `{url}` is. Undefined for anything that could leave the site, or that browsers
 * read differently: `//host`, `/\host`, other origins, control characters.
 */
export function readReturnTo(given: string, origin: string): string | undefined {
  const text = given.startsWith(`${origin}/`) ? given.slice(origin.length) : given;
  if (text.length > MAX_LENGTH || !text.startsWith('/') || /[\s\\\p{Cc}]/u.test(text)) return undefined;
  if (!URL.canParse(text, origin)) return undefined;
  const url = new URL(text, origin);
  const path = `${url.pathname}${url.search}${url.hash}`;
  return url.origin === origin && !path.startsWith('//') ? path : undefined;
}
