import type { SignedIdentity, SigningPolicy } from '../core/origin-policy.ts';
import type { HeaderMapping } from '../core/policy.ts';
import { FIELD_NAME } from './compile-headers.ts';
import type { SignedIdentityTable } from './origin-keys.ts';
import { type Reading, required, secretBound } from './place.ts';
import { problem, problemAt } from './problem.ts';
import type { RequestRules } from './request-rules.ts';
import type { GatewayTable, RouteTable } from './schema.ts';
import type { Bindings } from './variables.ts';

/** Reserved, so that no client's copy of it passes on any route. */
const DEFAULT_HEADER = 'X-Portcullis-Identity';

/** A route's `signed_identity`; undefined where there is none, or it says `false`. */
export function compileSignedIdentity(
  table: RouteTable,
  mappings: readonly HeaderMapping[],
  rules: RequestRules,
  { path: route, faulty, problems }: Reading,
): SignedIdentity | undefined {
  const given = table.signed_identity;
  if (given === undefined || given === false) return undefined;
  const {
    header = DEFAULT_HEADER,
    audience,
    instead_of_headers: instead = false,
  }: SignedIdentityTable = given === true ? {} : given;
  const at = [...route, 'signed_identity'];
  const folded = rules.foldHeaderName(header);
  const fault = FIELD_NAME.test(header) ? rules.mappingFault(header) : 'name';
  if (header !== DEFAULT_HEADER && fault !== undefined) {
    problems.push(problemAt([...at, 'header'], header, 'a header of your own, such as "X-Identity-Token"'));
  }
  const names = [
    ...mappings.map((mapping) => mapping.header),
    ...Object.keys(table.request_headers?.set ?? {}),
    ...Object.keys(table.request_headers?.append ?? {}),
  ];
  if (names.some((name) => rules.foldHeaderName(name) === folded)) {
    problems.push(problemAt([...at, 'header'], header, 'a header that nothing else of this route sets'));
  }
  if (instead && mappings.length === 0 && !faulty('headers')) {
    problems.push(
      problem([...at, 'instead_of_headers'], 'no headers', 'headers, whose claims go into the token'),
    );
  }
  return {
    header,
    audience: audience ?? audienceOf(table),
    insteadOfHeaders: instead,
    covered: rules.coveredHeaders(mappings.map((mapping) => mapping.header)),
  };
}

const audienceOf = ({ origin }: RouteTable): string =>
  origin?.kind === 'service' ? `https://${origin.binding}.internal` : (origin?.origin ?? '');

/** `GATEWAY.signed_identity`, which must be there where a route signs, and has no effect where none does. */
export function compileSigning(
  table: GatewayTable['signed_identity'],
  { isUsed, bindings: variables }: { readonly isUsed: boolean; readonly bindings: Bindings },
  reading: Reading,
): SigningPolicy | undefined {
  const path = [...reading.path, 'signed_identity'];
  const { faulty, problems } = reading;
  if (table === undefined) {
    if (isUsed && !faulty('signed_identity')) {
      const allowed = '{ issuer = "…", sealing_keys = ["IDENTITY_SECRET"] }, as a route signs identity';
      problems.push(problem(path, 'nothing', allowed));
    }
    return undefined;
  }
  if (!isUsed) problems.push(problem(path, 'a table', 'signed_identity on a route; none has it'));
  const place = {
    path,
    faulty: (...segments: (string | number)[]) => faulty('signed_identity', ...segments),
    problems,
    variables,
  };
  const issuer = required(table.issuer, 'issuer', 'what origins know this gateway by: an https URL', place);
  const names = required(table.sealing_keys, 'sealing_keys', 'a list of secret bindings', place) ?? [];
  names.forEach((name, index) => void secretBound(name, ['sealing_keys', index], place));
  const objects = variables.IDENTITY_KEYS;
  if (typeof objects !== 'object' || objects === null) {
    const allowed = 'a Durable Object binding of the class IdentityKeysObject, as in wrangler.toml';
    problems.push(problem(['IDENTITY_KEYS'], 'nothing', allowed));
  }
  return issuer === undefined || names.length === 0 ? undefined : { issuer, sealing: names };
}
