/** What `POST /v1/explain` takes: a request as it would be sent. */
export interface Question {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** `api.example/orders/7` is a URL to whoever types it. */
export const wholeUrl = (typed: string): string => {
  const url = typed.trim();
  const whole = /^https?:\/\//i.test(url) ? url : `https://${url}`;
  return /^https?:\/\/[^/?#]+$/i.test(whole) ? `${whole}/` : whole;
};

/** Lines of `Name: value`; a line that is none is told by its number, from 1. */
export function headerLines(
  text: string,
): { readonly headers: Question['headers'] } | { readonly wrongLine: number } {
  const headers: (readonly [string, string])[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const [, name = '', value = ''] = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === '') return { wrongLine: index + 1 };
    headers.push([name, value]);
  }
  return { headers };
}
