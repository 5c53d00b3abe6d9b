import type { JsonObject, JsonValue } from '../../core/jose.ts';
import { isObject } from '../../core/json.ts';
import { type RejectionReason, stateOf } from '../../core/rejection.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { isNumericDate, type NumericDate } from '../../core/time.ts';
import type { VerifiedToken } from '../../core/verified-token.ts';
import { verifyMessage } from '../../decision/verify-message.ts';
import { type Fault, unavailableFor } from '../../http/fault.ts';
import type { SecurityEventErrorCode } from '../../http/problem.ts';
import type { Transmitter } from '../policy.ts';
import type { Intake } from '../ports.ts';

/** A SET (RFC 8417) of a configured transmitter, meant for this receiver. */
export interface SecurityEventToken {
  readonly transmitter: Transmitter;
  readonly jti: string;
  readonly issuedAt: NumericDate;
  /** `toe`: when the events happened (RFC 8417 §2.2). */
  readonly occurredAt: NumericDate | undefined;
  readonly subject: JsonValue | undefined;
  readonly events: readonly (readonly [type: string, payload: JsonObject])[];
}

export type SecurityEventFault =
  | { readonly code: SecurityEventErrorCode; readonly description: string }
  | { readonly code: 'unavailable'; readonly fault: Fault };

/**
 * Validates a SET (RFC 8417 §2.2, §4) for the transmitters of its issuer.
 * Does NOT check for replay, nor what the events say.
 */
export async function validateSecurityEventToken(
  token: string,
  { ports, context }: Intake,
): Promise<Result<SecurityEventToken, SecurityEventFault>> {
  const { transmitters, eventProfiles } = ports.policy;
  const verified = await verifyMessage(token, eventProfiles, ports, context);
  if (!verified.ok) {
    const { error } = verified;
    return err(
      stateOf(error) === 'denied' ? faultFor(error) : { code: 'unavailable', fault: unavailableFor(error) },
    );
  }
  const transmitter = transmitters.find(({ profile }) => profile === verified.value.profile);
  return transmitter === undefined
    ? err(faultFor({ reason: 'audience_mismatch' }))
    : readClaims(verified.value, transmitter, context.now);
}

/** The transmitter's profile requires `iat` and `jti`. */
function readClaims(
  { claims, iat }: VerifiedToken,
  transmitter: Transmitter,
  now: NumericDate,
): Result<SecurityEventToken, SecurityEventFault> {
  const { jti, toe, events, sub_id: subject } = claims;
  if (typeof jti !== 'string' || iat === undefined) {
    return err(invalid('jti or iat is missing.'));
  }
  if (toe !== undefined && (!isNumericDate(toe) || toe > now + transmitter.profile.clockToleranceSeconds)) {
    return err(invalid('toe is not a date or lies in the future.'));
  }
  if (!isObject(events) || Object.keys(events).length === 0) {
    return err(invalid('events is not an object with a member.'));
  }
  const payloads: [string, JsonObject][] = [];
  for (const [type, payload] of Object.entries(events)) {
    if (!isObject(payload)) {
      return err(invalid('The payload of an event is not an object.'));
    }
    payloads.push([type, payload]);
  }
  return ok({ transmitter, jti, issuedAt: iat, occurredAt: toe, subject, events: payloads });
}

/** RFC 8935 §2.4, for what is known to be wrong with the SET. */
function faultFor(rejection: {
  readonly reason: RejectionReason;
  readonly evidence?: string;
}): SecurityEventFault {
  if (rejection.reason === 'issuer_untrusted' || rejection.evidence === 'iss') {
    return { code: 'invalid_issuer', description: 'The issuer is not a configured transmitter.' };
  }
  if (rejection.reason === 'audience_mismatch' || rejection.evidence === 'aud') {
    return { code: 'invalid_audience', description: 'The audience is not this receiver.' };
  }
  switch (rejection.reason) {
    case 'algorithm_not_allowed':
    case 'key_not_found':
    case 'signature_invalid':
      return { code: 'invalid_key', description: 'No acceptable key of the issuer made the signature.' };
    case 'token_malformed':
      return invalid('The body is not a JWS in compact form with a JSON object as payload.');
    case 'type_unexpected':
      return invalid('The type is not secevent+jwt.');
    default:
      return invalid(`${rejection.evidence ?? 'A claim'} is missing, malformed, or not valid now.`);
  }
}

const invalid = (description: string): SecurityEventFault => ({ code: 'invalid_request', description });
