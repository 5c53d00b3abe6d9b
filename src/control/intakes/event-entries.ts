import { profileOf } from '../../core/issuer-template.ts';
import type { JsonObject, JsonValue } from '../../core/jose.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { isNumericDate, type NumericDate } from '../../core/time.ts';
import type { RevocationEntry } from '../../revocation-store/port.ts';
import { lastExpiry, newEntry, reasonText } from '../admin/entry.ts';
import { CREDENTIAL_CHANGE, effectOf, VERIFICATION } from './event-type.ts';
import type { SecurityEventFault, SecurityEventToken } from './security-event-token.ts';
import { readSubjectIdentifier, type SubjectFault, type SubjectReading } from './subject.ts';

/** A date past this many seconds (the year 5138) is one in milliseconds, as early drafts of CAEP had it. */
const MILLISECONDS_FROM = 1e11;

const FAULTS: { readonly [fault in SubjectFault]: SecurityEventFault } = {
  malformed: { code: 'invalid_request', description: 'The subject is not as RFC 9493 has it.' },
  foreign_issuer: {
    code: 'access_denied',
    description: 'The transmitter may not speak for subjects of that issuer.',
  },
  not_mappable: {
    code: 'invalid_request',
    description: 'The subject is in a format that names nothing in the tokens of this receiver.',
  },
};

/**
 * What the events of a SET revoke: empty when all are acknowledged and ignored, or so old that every token they could
 * hit has expired. One event that cannot be honoured refuses the whole SET, so that no 202 hides a loss.
 */
export function entriesOf(
  set: SecurityEventToken,
  by: string,
  now: NumericDate,
): Result<readonly RevocationEntry[], SecurityEventFault> {
  const entries: RevocationEntry[] = [];
  for (const event of set.events) {
    const read = readEvent(event, set, by, now);
    if (!read.ok) {
      return read;
    }
    entries.push(...read.value);
  }
  return ok(entries.filter(({ expiresAt }) => expiresAt > now));
}

function readEvent(
  [type, payload]: SecurityEventToken['events'][number],
  set: SecurityEventToken,
  by: string,
  now: NumericDate,
): Result<readonly RevocationEntry[], SecurityEventFault> {
  if (type === VERIFICATION && payload.state !== undefined && typeof payload.state !== 'string') {
    return err({ code: 'invalid_request', description: 'state is not a string.' });
  }
  const effect = type === CREDENTIAL_CHANGE ? credentialEffect(payload) : ok(effectOf(type));
  if (!effect.ok) {
    return effect;
  }
  if (effect.value === 'none') {
    return ok([]);
  }
  const occurredAt = eventTime(payload.event_timestamp, set);
  if (!occurredAt.ok) {
    return occurredAt;
  }
  const { transmitter } = set;
  const rules = { ...transmitter, issuedBefore: occurredAt.value };
  const predicates = readSubjectIdentifier(set.subject ?? payload.subject, effect.value, rules);
  if (!predicates.ok) {
    return err(FAULTS[predicates.error]);
  }
  const repeated =
    set.subject && payload.subject && readSubjectIdentifier(payload.subject, effect.value, rules);
  if (repeated && !saysTheSame(repeated, predicates)) {
    return err({ code: 'invalid_request', description: 'The SET and its event name different subjects.' });
  }
  const provenance = { revokedBy: by, intake: 'shared_signals', reason: reasonOf(type, payload) };
  return ok(
    predicates.value.flatMap((predicate) => {
      const issuer = profileOf(predicate.issuer, transmitter.mayRevoke);
      return issuer === undefined
        ? []
        : [newEntry(predicate, lastExpiry(predicate, issuer, set.issuedAt), provenance, now)];
    }),
  );
}

/**
 * Shared Signals Framework 1.0 §3.1.1: an event of CAEP or RISC may repeat the SET's subject. One that names nothing in
 * our tokens, as an address beside an `iss_sub`, says nothing against it.
 */
const saysTheSame = (repeated: SubjectReading, subject: SubjectReading): boolean =>
  repeated.ok ? JSON.stringify(repeated) === JSON.stringify(subject) : repeated.error === 'not_mappable';

/** CAEP 1.0: a credential that was only added invalidates nothing. */
function credentialEffect(payload: JsonObject): Result<'user' | 'none', SecurityEventFault> {
  switch (payload.change_type) {
    case 'create':
      return ok('none');
    case 'update':
    case 'revoke':
    case 'delete':
      return ok('user');
    default:
      return err({ code: 'invalid_request', description: 'change_type is missing or unknown.' });
  }
}

/** When it happened: the event's own time, else that of all events of the SET, else when the SET was issued. */
function eventTime(
  timestamp: JsonValue | undefined,
  { occurredAt, issuedAt, transmitter }: SecurityEventToken,
): Result<NumericDate, SecurityEventFault> {
  if (timestamp === undefined) {
    return ok(occurredAt ?? issuedAt);
  }
  if (isNumericDate(timestamp) && timestamp > 0) {
    // Not cut to whole seconds: a token of the same second whose `iat` has a fraction would be missed.
    const seconds = timestamp >= MILLISECONDS_FROM ? timestamp / 1000 : timestamp;
    if (seconds <= issuedAt + transmitter.profile.clockToleranceSeconds) {
      return ok(seconds);
    }
  }
  return err({
    code: 'invalid_request',
    description: 'event_timestamp is not a date or lies in the future.',
  });
}

const SHORT_NAME = /[^/]+$/;

function reasonOf(type: string, { reason_admin: reason }: JsonObject): string {
  const name = SHORT_NAME.exec(type)?.[0] ?? type;
  const written = typeof reason === 'string' ? reason : isText(reason) ? Object.values(reason)[0] : undefined;
  return reasonText(typeof written === 'string' ? `${name}: ${written}` : name);
}

/** CAEP 1.0 §2: `reason_admin` maps language tags to text. */
const isText = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
