/** What a person sees in place of a page that could not be had. Texts are ours, and escaped all the same. */
export interface Page {
  readonly status: 200 | 400 | 403 | 429 | 500 | 503;
  readonly title: string;
  readonly text: string;
  /** Where the link below leads; it is followed by itself where `status` is 200. */
  readonly next?: { readonly url: string; readonly label: string };
  readonly headers?: readonly (readonly [string, string])[];
}

/** No script, no style, no frame, nothing fetched; and the address, which may hold a code, goes nowhere. */
const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
} as const;

export function pageAnswer({ status, title, text, next, headers = [] }: Page): Response {
  const link = next && `<p><a href="${escaped(next.url)}">${escaped(next.label)}</a></p>`;
  const follow =
    next && status === 200 ? `<meta http-equiv="refresh" content="0;url=${escaped(next.url)}">` : '';
  const body = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escaped(title)}</title>${follow}</head>
<body><h1>${escaped(title)}</h1><p>${escaped(text)}</p>${link ?? ''}</body>
</html>
`;
  const answer = new Response(body, { status, headers: HEADERS });
  for (const [name, value] of headers) answer.headers.append(name, value);
  if (status === 503) answer.headers.set('Retry-After', '5');
  return answer;
}

/** 303 (RFC 9700 §4.12), never kept, and without telling the next site where from. */
export function redirectAnswer(location: string, cookies: readonly string[] = []): Response {
  const headers = new Headers({
    Location: location,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
  });
  for (const cookie of cookies) headers.append('Set-Cookie', cookie);
  return new Response(null, { status: 303, headers });
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
