import { BINDING_NAME } from '../config/fields.ts';
import {
  type ConfigProblem,
  didYouMean,
  type PathSegment,
  problem,
  problemAt,
  quoted,
} from '../config/problem.ts';
import { readTable } from '../config/table.ts';
import type { JsonValue } from '../core/jose.ts';
import type { Issuer } from '../core/policy.ts';
import { adminTable, clientTable, logoutTable, transmitterTable } from './config-schema.ts';
import type { Admin, LogoutReceiver, RevocationClient, SubjectFormat, Transmitter } from './policy.ts';

/** What a table of `CONTROL` may refer to, and where its mistakes go. */
export interface Surroundings {
  readonly variables: Readonly<Record<string, unknown>>;
  /** By table name; an issuer that is declared but faulty has no value: its mistake is told once. */
  readonly issuers: ReadonlyMap<string, Issuer | undefined>;
  readonly problems: ConfigProblem[];
}

/** RFC 6749 §10.10: an attacker must not be able to guess it. 32 characters of base64url hold 192 bits. */
const LEAST_SECRET_LENGTH = 32;
/** RFC 9493 §3.2.7: agreed between two parties, as `sub` is. */
const DEFAULT_SUBJECT_FORMATS: readonly SubjectFormat[] = ['opaque'];

export function readAdmin(name: string, raw: JsonValue, around: Surroundings): Admin | undefined {
  const path = ['CONTROL', 'admins', name];
  const table = readTable(adminTable, raw, path, around.problems)?.value;
  if (table === undefined) return undefined;
  const issuer = issuerNamed(table.issuer, [...path, 'issuer'], around);
  const audience = required(table.audience, [...path, 'audience'], 'the audience of this Worker', around);
  const mayRevoke = issuersNamed(table.may_revoke, [...path, 'may_revoke'], around);
  const readScope = oneScope(table.read_scope, 'revocations:read', [...path, 'read_scope'], around);
  const writeScope = oneScope(table.write_scope, 'revocations:write', [...path, 'write_scope'], around);
  if (issuer === undefined || audience === undefined) return undefined;
  return {
    name,
    issuer: { ...issuer, audience },
    readScope,
    writeScope,
    mayRevoke,
    subjectFormats: new Set(table.subject_formats ?? DEFAULT_SUBJECT_FORMATS),
  };
}

export function readClient(name: string, raw: JsonValue, around: Surroundings): RevocationClient | undefined {
  const path = ['CONTROL', 'clients', name];
  const table = readTable(clientTable, raw, path, around.problems)?.value;
  if (table === undefined) return undefined;
  const clientId = required(table.client_id, [...path, 'client_id'], 'the client identifier', around);
  const binding = required(table.client_secret, [...path, 'client_secret'], SECRET, around);
  const secret = binding && secretBound(binding, [...path, 'client_secret'], around);
  const issuers = issuersNamed(table.issuers, [...path, 'issuers'], around);
  return clientId && secret ? { name, clientId, secret, issuers } : undefined;
}

export function readLogoutReceiver(
  name: string,
  raw: JsonValue,
  around: Surroundings,
): LogoutReceiver | undefined {
  const path = ['CONTROL', 'logout', name];
  const table = readTable(logoutTable, raw, path, around.problems)?.value;
  if (table === undefined) return undefined;
  const issuer = issuerNamed(table.issuer, [...path, 'issuer'], around);
  const clientIds = required(table.client_ids, [...path, 'client_ids'], 'the client identifiers', around);
  if (issuer === undefined || clientIds === undefined) return undefined;
  const typeRequired = table.type_required ?? false;
  return {
    name,
    issuer: {
      ...issuer,
      audience: clientIds,
      audienceClaim: 'aud',
      jtiClaim: 'jti',
      // Back-Channel Logout 1.0 §2.4 recommends the type; older providers send JWT or none.
      types: new Set(typeRequired ? ['logout+jwt'] : ['logout+jwt', 'jwt']),
      typeRequired,
      profile: 'jwt',
      maxTokenAgeSeconds: undefined,
      requiredClaims: ['iat', 'jti'],
    },
    revoke: table.revoke ?? 'session',
  };
}

export function readTransmitter(name: string, raw: JsonValue, around: Surroundings): Transmitter | undefined {
  const path = ['CONTROL', 'transmitters', name];
  const table = readTable(transmitterTable, raw, path, around.problems)?.value;
  if (table === undefined) return undefined;
  const issuer = issuerNamed(table.issuer, [...path, 'issuer'], around);
  const audience = required(table.audience, [...path, 'audience'], 'the audience of this receiver', around);
  const { authorization: binding } = table;
  const authorization = binding && secretBound(binding, [...path, 'authorization'], around);
  if (issuer === undefined || audience === undefined) return undefined;
  const mayRevoke =
    table.may_revoke === undefined
      ? new Map([[issuer.issuer, issuer]])
      : issuersNamed(table.may_revoke, [...path, 'may_revoke'], around);
  return {
    name,
    issuer: { ...issuer, audience },
    mayRevoke,
    authorization: authorization || undefined,
    subjectFormats: new Set(table.subject_formats ?? DEFAULT_SUBJECT_FORMATS),
  };
}

const SECRET = 'the name of a secret binding';

function required<T>(
  value: T | undefined,
  path: readonly PathSegment[],
  allowed: string,
  { problems }: Surroundings,
): T | undefined {
  const told = problems.some((known) => known.path.startsWith(path.join('.')));
  if (value === undefined && !told) problems.push(problem(path, 'nothing', allowed));
  return value;
}

function issuerNamed(
  name: string | undefined,
  path: readonly PathSegment[],
  around: Surroundings,
): Issuer | undefined {
  const { issuers, problems } = around;
  if (required(name, path, 'the name of an ISSUERS table', around) === undefined || name === undefined) {
    return undefined;
  }
  if (!issuers.has(name)) {
    const allowed = quoted(issuers.keys()) || 'an ISSUERS table; there is none';
    problems.push(problemAt(path, name, allowed, didYouMean(name, issuers.keys())));
  }
  return issuers.get(name);
}

/** By `iss`; all configured issuers when none are named. */
function issuersNamed(
  names: readonly string[] | undefined,
  path: readonly PathSegment[],
  around: Surroundings,
): ReadonlyMap<string, Issuer> {
  const byIss = new Map<string, Issuer>();
  for (const [index, name] of (names ?? [...around.issuers.keys()]).entries()) {
    const issuer = issuerNamed(name, [...path, index], around);
    if (issuer !== undefined) byIss.set(issuer.issuer, issuer);
  }
  return byIss;
}

function oneScope(
  scopes: readonly string[] | undefined,
  standard: string,
  path: readonly PathSegment[],
  { problems }: Surroundings,
): string {
  const [scope = standard, ...more] = scopes ?? [];
  if (more.length > 0) problems.push(problem(path, `a list of ${more.length + 1}`, 'a list of one scope'));
  return scope;
}

/** The secret itself, from a binding; neither it nor a name that may be one by mistake is ever repeated. */
function secretBound(
  binding: string,
  path: readonly PathSegment[],
  { variables, problems }: Surroundings,
): string | undefined {
  const secret =
    BINDING_NAME.test(binding) && Object.hasOwn(variables, binding) ? variables[binding] : undefined;
  if (typeof secret === 'string' && secret.length >= LEAST_SECRET_LENGTH) return secret;
  const found =
    typeof secret === 'string' ? `a secret of ${secret.length} characters` : 'no secret of that name';
  problems.push(problem(path, found, `${SECRET} with at least ${LEAST_SECRET_LENGTH} characters`));
  return undefined;
}
