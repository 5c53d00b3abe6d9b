import type { IssuerTemplate } from '../core/issuer-policy.ts';
import { readTemplate } from './issuer-template.ts';
import type { Reading } from './place.ts';
import { problem } from './problem.ts';
import type { IssuerTable } from './schema.ts';

/** `issuer` with a placeholder, `issuer_parameter` and the keys' source belong together. */
export function compileTemplate(
  table: IssuerTable,
  { path, faulty, problems }: Reading,
): IssuerTemplate | undefined {
  const { issuer, issuer_parameter: given } = table;
  const template = issuer === undefined ? undefined : readTemplate(issuer);
  if (template === undefined) {
    if (given !== undefined && issuer !== undefined) {
      const allowed = 'no issuer_parameter: it has no effect beside an issuer without a placeholder';
      problems.push(problem([...path, 'issuer_parameter'], 'issuer_parameter', allowed));
    }
    return undefined;
  }
  if (given === undefined && !faulty('issuer_parameter')) {
    const allowed = `"guid", or a list of the values that {${template.claim}} may have`;
    const hint = 'or one table for each issuer, or tenant, with its own "iss" as its tokens have it';
    problems.push(problem([...path, 'issuer_parameter'], 'nothing', allowed, hint));
  }
  const sources = ['jwks_uri', 'jwks', 'pem', 'hmac_secret'] as const;
  if (!sources.some((key) => table[key] !== undefined || faulty(key))) {
    const allowed = 'where the keys of all these issuers are: none of them is asked for its metadata';
    problems.push(problem([...path, 'jwks_uri'], 'nothing', allowed));
  }
  if (given === undefined) return undefined;
  return { ...template, allowed: given === 'guid' ? given : new Set(given) };
}
