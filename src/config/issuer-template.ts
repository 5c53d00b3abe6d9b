import type { IssuerTemplate } from '../core/issuer-policy.ts';

/** What may stand in one segment of an issuer's path: unreserved characters (RFC 3986 §2.3), and no dot segment. */
export const isSegment = (text: string): boolean =>
  /^[A-Za-z0-9._~-]{1,128}$/.test(text) && text !== '.' && text !== '..';
export const SEGMENT = 'path segment of letters, digits, ".", "_", "~" and "-"';

type Template = Pick<IssuerTemplate, 'before' | 'after' | 'claim'>;

/** An issuer whose one placeholder is a whole segment of its URL's path; undefined: it is no such template. */
export function readTemplate(issuer: string): Template | undefined {
  const [, before, claim, after] =
    /^(https?:\/\/[^/{}]+\/(?:[^{}]*\/)?)\{(\w{1,64})\}((?:\/[^{}]*)?)$/.exec(issuer) ?? [];
  if (before === undefined || claim === undefined || after === undefined) return undefined;
  return /[*<>?#]/.test(before + after) ? undefined : { before, claim, after };
}
