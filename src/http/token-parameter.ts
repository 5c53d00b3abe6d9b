import type { Fault } from './fault.ts';

/**
 * What is wrong with the parameter `token` of a revocation request (RFC 7009 §2.1); undefined: it may be one. The empty text is none. §2.2 has
 * 200 for one that is not valid, and a genuine one with `Bearer` or a line break about it would stay good unnoticed.
 */
export const tokenParameterFault = (token: string): Fault | undefined => {
  if (token === '') return MISSING;
  return /[^!-~]/.test(token) ? NOT_ALONE : undefined;
};

const MISSING: Fault = { status: 400, detail: 'The parameter token is missing.' };
const NOT_ALONE: Fault = {
  status: 400,
  detail: 'The parameter token is to be the token alone, without a scheme or white space.',
};
