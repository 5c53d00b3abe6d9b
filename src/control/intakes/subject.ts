import { profileOf } from '../../core/issuer-template.ts';
import type { JsonObject, JsonValue } from '../../core/jose.ts';
import { isObject } from '../../core/json.ts';
import type { TokenProfile } from '../../core/policy.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { RevocationPredicate } from '../../core/revocation.ts';
import type { NumericDate } from '../../core/time.ts';
import { SUBJECT_FORMATS, type SubjectFormat } from '../policy.ts';

/**
 * `malformed`: not as RFC 9493 has it. `foreign_issuer`: of an issuer the sender may not speak for.
 * `not_mappable`: well-formed, but names nothing that a token of ours carries.
 */
export type SubjectFault = 'malformed' | 'foreign_issuer' | 'not_mappable';

/** Whose subjects the sender may name, and how. */
export interface SubjectRules {
  /** Of identifiers that name no issuer themselves. */
  readonly profile: TokenProfile;
  readonly mayRevoke: ReadonlyMap<string, TokenProfile>;
  /** Formats whose identifier is the tokens' `sub`. */
  readonly subjectFormats: ReadonlySet<SubjectFormat>;
  readonly issuedBefore: NumericDate;
}

export type SubjectReading = Result<readonly RevocationPredicate[], SubjectFault>;

/**
 * Reads a subject identifier (RFC 9493 §3; complex subjects and `jwt_id`: Shared Signals Framework 1.0 §3) as what to
 * revoke. `session`: the narrowest of session, user and tenant. `user`: the user, whatever session is named beside.
 * Members of a complex subject that tokens do not carry (device, application, group) do not narrow the revocation.
 */
export function readSubjectIdentifier(
  subject: JsonValue | undefined,
  target: 'session' | 'user',
  rules: SubjectRules,
): SubjectReading {
  if (!isObject(subject)) {
    return err('malformed');
  }
  if (formatOf(subject) !== 'complex') {
    return readIdentifier(subject, rules);
  }
  const { session, user, tenant } = subject;
  if (target === 'session' && session !== undefined) {
    return readNamed(session, 'sid', user, rules);
  }
  if (user !== undefined) {
    return isObject(user) ? readIdentifier(user, rules) : err('malformed');
  }
  return target === 'session' && tenant !== undefined
    ? readNamed(tenant, 'tenant', undefined, rules)
    : err('not_mappable');
}

/**
 * The format by its name in RFC 9493. Google and login.gov write `subject_type`, and hyphens, as its drafts had it. A
 * complex subject had no format in those of the framework, and has none at Okta.
 */
function formatOf(subject: JsonObject): JsonValue | undefined {
  const { format, subject_type: type, user, session, tenant, device } = subject;
  if (format === undefined && type === undefined) {
    return [user, session, tenant, device].some(isObject) ? 'complex' : undefined;
  }
  const named = format ?? type;
  const name = typeof named === 'string' ? named.replaceAll('-', '_') : named;
  return name === 'id_token_claims' ? 'iss_sub' : name;
}

/** A session or tenant: an opaque identifier of the user's issuer, where the user beside it names one. */
function readNamed(
  member: JsonValue,
  kind: 'sid' | 'tenant',
  user: JsonValue | undefined,
  rules: SubjectRules,
): SubjectReading {
  if (!isObject(member)) {
    return err('malformed');
  }
  if (formatOf(member) !== 'opaque') {
    return err('not_mappable');
  }
  const value = text(member.id);
  const named = isObject(user) && formatOf(user) === 'iss_sub' ? user.iss : undefined;
  const issuer = named === undefined ? defaultIssuer(rules) : permitted(named, rules);
  if (value === undefined) {
    return err('malformed');
  }
  if (!issuer.ok) {
    return issuer;
  }
  return kind === 'sid'
    ? ok([{ kind, issuer: issuer.value, value }])
    : ok([{ kind, issuer: issuer.value, value, issuedBefore: rules.issuedBefore }]);
}

function readIdentifier(subject: JsonObject, rules: SubjectRules): SubjectReading {
  switch (formatOf(subject)) {
    case 'iss_sub':
      return predicate(permitted(subject.iss, rules), subject.sub, 'sub', rules);
    case 'jwt_id':
      return predicate(permitted(subject.iss, rules), subject.jti, 'jti', rules);
    case 'aliases':
      return readAliases(subject.identifiers, rules);
    default:
      return readAgreed(subject, rules);
  }
}

/** RFC 9493 §3.2.8: several names of one subject; never nested. One that maps is enough. */
function readAliases(identifiers: JsonValue | undefined, rules: SubjectRules): SubjectReading {
  if (!Array.isArray(identifiers) || identifiers.length === 0) {
    return err('malformed');
  }
  const predicates: RevocationPredicate[] = [];
  let fault: SubjectFault = 'not_mappable';
  for (const identifier of identifiers as readonly JsonValue[]) {
    if (!isObject(identifier) || ['aliases', 'complex'].includes(String(formatOf(identifier)))) {
      return err('malformed');
    }
    const reading = readIdentifier(identifier, rules);
    if (reading.ok) {
      predicates.push(...reading.value);
    } else if (reading.error === 'malformed') {
      return reading;
    } else {
      fault = reading.error;
    }
  }
  return predicates.length > 0 ? ok(predicates) : err(fault);
}

/** The member that holds the identifier in each format that can be agreed to be `sub` (RFC 9493 §3.2). */
const IDENTIFIER_MEMBERS: { readonly [format in SubjectFormat]: string } = {
  opaque: 'id',
  email: 'email',
  account: 'uri',
  phone_number: 'phone_number',
  uri: 'uri',
  did: 'url',
};

function readAgreed(subject: JsonObject, rules: SubjectRules): SubjectReading {
  const name = formatOf(subject);
  const format = SUBJECT_FORMATS.find((known) => known === name);
  if (format === undefined) {
    return err(typeof name === 'string' ? 'not_mappable' : 'malformed');
  }
  return rules.subjectFormats.has(format)
    ? predicate(defaultIssuer(rules), subject[IDENTIFIER_MEMBERS[format]], 'sub', rules)
    : err('not_mappable');
}

function predicate(
  issuer: Result<string, SubjectFault>,
  identifier: JsonValue | undefined,
  kind: 'sub' | 'jti',
  { issuedBefore }: SubjectRules,
): SubjectReading {
  const value = text(identifier);
  if (value === undefined) {
    return err('malformed');
  }
  if (!issuer.ok) {
    return issuer;
  }
  return kind === 'sub'
    ? ok([{ kind, issuer: issuer.value, value, issuedBefore }])
    : ok([{ kind, issuer: issuer.value, value }]);
}

function permitted(issuer: JsonValue | undefined, rules: SubjectRules): Result<string, SubjectFault> {
  if (typeof issuer !== 'string') {
    return err('malformed');
  }
  return profileOf(issuer, rules.mayRevoke) === undefined ? err('foreign_issuer') : ok(issuer);
}

const defaultIssuer = ({ profile, mayRevoke }: SubjectRules): Result<string, SubjectFault> =>
  mayRevoke.has(profile.issuer) ? ok(profile.issuer) : err('foreign_issuer');

/** Longest identifier of a subject, in UTF-16 code units; RFC 9493 sets none, OpenID Connect bounds `sub` at 255. */
const MAX_IDENTIFIER_LENGTH = 1024;

const text = (value: JsonValue | undefined): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= MAX_IDENTIFIER_LENGTH ? value : undefined;
