import { type Place as ConfigPlace, required, SECRET, secretBound } from '../config/place.ts';
import { type ConfigProblem, didYouMean, problem, problemAt, quoted } from '../config/problem.ts';
import { readTable } from '../config/table.ts';
import type { JsonValue } from '../core/jose.ts';
import type { TokenProfile } from '../core/policy.ts';
import { adminProfile } from '../tokens/admin-profile.ts';
import { logoutProfile } from '../tokens/message-profiles.ts';
import { adminTable, clientTable, logoutTable, transmitterTable } from './config-schema.ts';
import type { Admin, LogoutReceiver, RevocationClient, SubjectFormat, Transmitter } from './policy.ts';
import { presentedProfiles, securityEventProfile } from './token-profiles.ts';

/** What a table of `CONTROL` may refer to, and where its mistakes go. */
export interface Surroundings {
  readonly variables: Readonly<Record<string, unknown>>;
  /** By table name; an issuer that is declared but faulty has no value: its mistake is told once. */
  readonly issuers: ReadonlyMap<string, TokenProfile | undefined>;
  readonly problems: ConfigProblem[];
}

export type Place = ConfigPlace & Surroundings;

/** RFC 9493 §3.2.7: agreed between two parties, as `sub` is. */
const DEFAULT_SUBJECT_FORMATS: readonly SubjectFormat[] = ['opaque'];

export function readAdmin(name: string, raw: JsonValue, around: Surroundings): Admin | undefined {
  const path = ['CONTROL', 'admins', name];
  const read = readTable(adminTable, raw, path, around.problems);
  if (read === undefined) return undefined;
  const { value: table, faulty } = read;
  const place = { ...around, path, faulty };
  const issuer = issuerNamed(table.issuer, place);
  const audience = required(table.audience, 'audience', 'the audience of this Worker', place);
  const mayRevoke = issuersNamed(table.may_revoke, 'may_revoke', place);
  const readScope = oneScope(table.read_scope ?? ['revocations:read'], 'read_scope', place);
  const writeScope = oneScope(table.write_scope ?? ['revocations:write'], 'write_scope', place);
  const eventsScope = oneScope(table.events_scope ?? ['events:read'], 'events_scope', place);
  if (issuer === undefined || audience === undefined) return undefined;
  return {
    name,
    profile: adminProfile(issuer, audience),
    readScope,
    writeScope,
    eventsScope,
    mayRevoke,
    presented: presentedProfiles(mayRevoke),
    subjectFormats: new Set(table.subject_formats ?? DEFAULT_SUBJECT_FORMATS),
  };
}

export function readClient(name: string, raw: JsonValue, around: Surroundings): RevocationClient | undefined {
  const path = ['CONTROL', 'clients', name];
  const read = readTable(clientTable, raw, path, around.problems);
  if (read === undefined) return undefined;
  const { value: table, faulty } = read;
  const place = { ...around, path, faulty };
  const clientId = required(table.client_id, 'client_id', 'the client identifier', place);
  const binding = required(table.client_secret, 'client_secret', SECRET, place);
  const secret = binding === undefined ? undefined : secretBound(binding, ['client_secret'], place);
  const issuers = issuersNamed(table.issuers, 'issuers', place);
  return clientId && secret ? { name, clientId, secret, presented: presentedProfiles(issuers) } : undefined;
}

export function readLogoutReceiver(
  name: string,
  raw: JsonValue,
  around: Surroundings,
): LogoutReceiver | undefined {
  const path = ['CONTROL', 'logout', name];
  const read = readTable(logoutTable, raw, path, around.problems);
  if (read === undefined) return undefined;
  const { value: table, faulty } = read;
  const place = { ...around, path, faulty };
  const issuer = issuerNamed(table.issuer, place);
  const clientIds = required(table.client_ids, 'client_ids', 'the client identifiers', place);
  if (issuer === undefined || clientIds === undefined) return undefined;
  return {
    name,
    profile: logoutProfile(issuer, clientIds, table.type_required ?? false),
    revoke: table.revoke ?? 'session',
  };
}

export function readTransmitter(name: string, raw: JsonValue, around: Surroundings): Transmitter | undefined {
  const path = ['CONTROL', 'transmitters', name];
  const read = readTable(transmitterTable, raw, path, around.problems);
  if (read === undefined) return undefined;
  const { value: table, faulty } = read;
  const place = { ...around, path, faulty };
  const issuer = issuerNamed(table.issuer, place);
  const audience = required(table.audience, 'audience', 'the audience of this receiver', place);
  const { authorization: binding, may_revoke: named } = table;
  const authorization = binding === undefined ? undefined : secretBound(binding, ['authorization'], place);
  if (issuer === undefined || audience === undefined) return undefined;
  return {
    name,
    profile: securityEventProfile(issuer, audience),
    mayRevoke: issuersNamed(named ?? [issuer.name], 'may_revoke', place),
    authorization,
    subjectFormats: new Set(table.subject_formats ?? DEFAULT_SUBJECT_FORMATS),
  };
}

const ISSUER_NAME = 'the name of an ISSUERS table';

/** Whoever speaks here is of one issuer: tenants of a template are strangers to each other. */
export function issuerNamed(name: string | undefined, place: Place): TokenProfile | undefined {
  const given = required(name, 'issuer', ISSUER_NAME, place);
  const issuer = given === undefined ? undefined : knownIssuer(given, [...place.path, 'issuer'], place);
  if (issuer?.template === undefined) return issuer;
  const found = `${quoted([issuer.name])}, the issuers of many tenants`;
  place.problems.push(problem([...place.path, 'issuer'], found, 'a table with the "iss" of one tenant'));
  return undefined;
}

/** By `iss`; all configured issuers when none are named. */
function issuersNamed(
  names: readonly string[] | undefined,
  key: string,
  place: Place,
): ReadonlyMap<string, TokenProfile> {
  const found = (names ?? [...place.issuers.keys()]).map((name, index) =>
    knownIssuer(name, [...place.path, key, index], place),
  );
  return new Map(found.flatMap((issuer) => (issuer === undefined ? [] : [[issuer.issuer, issuer]])));
}

function knownIssuer(
  name: string,
  path: readonly (string | number)[],
  { issuers, problems }: Surroundings,
): TokenProfile | undefined {
  if (!issuers.has(name)) {
    const allowed = quoted(issuers.keys()) || 'an ISSUERS table; there is none';
    problems.push(problemAt(path, name, allowed, didYouMean(name, issuers.keys())));
  }
  return issuers.get(name);
}

function oneScope(scopes: readonly string[], key: string, { path, problems }: Place): string {
  const [scope = '', ...more] = scopes;
  if (more.length > 0) {
    problems.push(problem([...path, key], `a list of ${scopes.length}`, 'a list of one scope'));
  }
  return scope;
}
