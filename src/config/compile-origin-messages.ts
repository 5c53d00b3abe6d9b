import type { HeaderMapping, Upstream } from '../core/policy.ts';
import { compileHeaderEdits } from './compile-header-edits.ts';
import { compileSignedIdentity } from './compile-signed-identity.ts';
import { hasNoContent } from './methods.ts';
import type { Reading } from './place.ts';
import { problem } from './problem.ts';
import type { RequestRules } from './request-rules.ts';
import type { RouteTable } from './schema.ts';
import type { Bindings } from './variables.ts';

interface Around {
  readonly bindings: Bindings;
  readonly rules: RequestRules;
}

const ENDING = { true: 'all', false: 'never', default: 'streams' } as const;

/** What is changed in the messages to and from the origin. */
export function compileOriginMessages(
  table: RouteTable,
  { bindings, rules }: Around,
  mappings: readonly HeaderMapping[],
  reading: Reading,
): Pick<Upstream, 'requestHeaders' | 'responseHeaders' | 'maxBodyBytes' | 'endWithToken' | 'signedIdentity'> {
  if (table.max_body !== undefined && !reading.faulty('methods') && hasNoContent(table.methods)) {
    const found = 'a bound for content, while GET and HEAD have none';
    const allowed = 'methods that have content, or no max_body: GET and HEAD with content are refused anyway';
    reading.problems.push(problem([...reading.path, 'max_body'], found, allowed));
  }
  const around = { bindings, rules, reading, mapped: mappings.map(({ header }) => header) };
  return {
    requestHeaders: compileHeaderEdits(table.request_headers, 'request', table, around),
    responseHeaders: compileHeaderEdits(table.response_headers, 'response', table, around),
    maxBodyBytes: table.max_body,
    signedIdentity: compileSignedIdentity(table, mappings, rules, reading),
    endWithToken: ENDING[`${table.end_with_token ?? 'default'}`],
  };
}
