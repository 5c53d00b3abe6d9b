import type { LoginRedirect } from '../core/policy.ts';
import { parseEndpoint } from './endpoint.ts';

const PLACE = '{url}';

/**
 * A login page's URL with the place of the return URL, or undefined: not https (http to this machine only), credentials,
 * a fragment, the place missing, there twice, or not the whole value of a query parameter. So what fills the place can
 * change nothing of where people are sent.
 */
export function parseLogin(text: string): LoginRedirect | undefined {
  const [before, after, ...more] = text.split(PLACE);
  if (before === undefined || after === undefined || more.length > 0) return undefined;
  const isQueryValue = /^[^?#]+\?[^#]*=$/.test(before) && /^(?:&[^#]*)?$/.test(after);
  if (!isQueryValue || !/^[!-z|~]*$/.test(before + after)) return undefined;
  return parseEndpoint(`${before}x${after}`) === undefined ? undefined : { before, after };
}
