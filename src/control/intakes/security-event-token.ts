import type { JsonObject, JsonValue } from '../../core/jose.ts';
import { isObject } from '../../core/json.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { isNumericDate, type NumericDate } from '../../core/time.ts';
import type { SecurityEventErrorCode } from '../../http/problem.ts';
import type { Transmitter } from '../policy.ts';
import type { Intake } from '../ports.ts';
import { verifySignature } from './signed-token.ts';

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
  | { readonly code: 'unavailable' };

/**
 * Validates a SET (RFC 8417 §2.2, §4). The type must be explicit, so that no access token, ID token or logout token
 * of the same issuer passes for one (§2.3, §4.6). `exp` has no meaning in a SET; one that is there must hold.
 * Does NOT check for replay, nor what the events say.
 */
export async function validateSecurityEventToken(
  token: string,
  { ports, context }: Intake,
): Promise<Result<SecurityEventToken, SecurityEventFault>> {
  const { transmitters } = ports.policy;
  const issuers = new Map(transmitters.map(({ issuer }) => [issuer.issuer, issuer]));
  const signed = await verifySignature(token, issuers, ports, context);
  if (!signed.ok) {
    return err(signatureFault(signed.error.reason));
  }
  const { header, claims, issuer } = signed.value;
  if (!/^(application\/)?secevent\+jwt$/i.test(header.typ ?? '')) {
    return err(invalid('The type is not secevent+jwt.'));
  }
  const audience: readonly JsonValue[] = Array.isArray(claims.aud) ? claims.aud : [claims.aud ?? null];
  const transmitter = transmitters.find(
    (candidate) =>
      candidate.issuer.issuer === issuer.issuer &&
      audience.some((value) => typeof value === 'string' && candidate.issuer.audience.includes(value)),
  );
  if (transmitter === undefined) {
    return err({ code: 'invalid_audience', description: 'The audience is not this receiver.' });
  }
  return readClaims(claims, transmitter, context.now);
}

function readClaims(
  claims: JsonObject,
  transmitter: Transmitter,
  now: NumericDate,
): Result<SecurityEventToken, SecurityEventFault> {
  const { jti, iat, exp, toe, events, sub_id: subject } = claims;
  const latest = now + transmitter.issuer.clockToleranceSeconds;
  if (typeof jti !== 'string' || jti === '') {
    return err(invalid('jti is missing.'));
  }
  if (!isNumericDate(iat) || iat > latest) {
    return err(invalid('iat is missing or lies in the future.'));
  }
  if (exp !== undefined && (!isNumericDate(exp) || now >= exp + transmitter.issuer.clockToleranceSeconds)) {
    return err(invalid('exp has passed.'));
  }
  if (toe !== undefined && (!isNumericDate(toe) || toe > latest)) {
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

function signatureFault(reason: string): SecurityEventFault {
  switch (reason) {
    case 'keys_unavailable':
      return { code: 'unavailable' };
    case 'issuer_untrusted':
      return { code: 'invalid_issuer', description: 'The issuer is not a configured transmitter.' };
    case 'token_malformed':
      return invalid('The body is not a JWS in compact form with a JSON object as payload.');
    default:
      return { code: 'invalid_key', description: 'No acceptable key of the issuer made the signature.' };
  }
}

const invalid = (description: string): SecurityEventFault => ({ code: 'invalid_request', description });
