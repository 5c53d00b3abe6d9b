import { err, type Result } from '../../core/result.ts';
import { readBody } from '../../http/body.ts';
import { RATE_EXCEEDED } from '../../http/fault.ts';
import { empty, problemAnswer, securityEventError } from '../../http/problem.ts';
import { sameSecret } from '../../http/secret.ts';
import { auditedEntry, outcomeOf } from '../audit.ts';
import type { Transmitter } from '../policy.ts';
import type { Intake } from '../ports.ts';
import { entriesOf } from './event-entries.ts';
import { storeOnce } from './replay.ts';
import {
  type SecurityEventFault,
  type SecurityEventToken,
  validateSecurityEventToken,
} from './security-event-token.ts';

/** How long a SET is remembered when its own entries end sooner: as long as a transmitter may plausibly retry. */
const MIN_MEMORY_SECONDS = 24 * 3600;

/**
 * `POST /ssf/events` (RFC 8935 §2): a transmitter pushes one SET. 202 when its revocations are stored, when they were
 * before, and when there is nothing to revoke; 400 with `err` and `description` (§2.3); 503 when nothing is known to be
 * stored, so that the transmitter sends it again.
 */
export async function receiveSecurityEvent(intake: Intake): Promise<Response> {
  const { request, ports, context, trail } = intake;
  const set = await readSecurityEvent(intake);
  if (!set.ok) {
    return refuse(intake, set.error);
  }
  const { transmitter, jti } = set.value;
  if (!(await presents(request.headers.get('Authorization'), transmitter))) {
    return refuse(intake, {
      code: 'authentication_failed',
      description: 'The Authorization header does not hold the credential agreed on.',
    });
  }
  trail.by = `transmitter:${transmitter.name}`;
  if (!(await ports.withinRate(trail.by))) {
    trail.outcome = outcomeOf(RATE_EXCEEDED);
    return problemAnswer(RATE_EXCEEDED);
  }
  trail.detail = set.value.events.map(([type]) => type.slice(-MAX_AUDITED_TYPE)).join(' ');
  const entries = entriesOf(set.value, trail.by, context.now);
  if (!entries.ok) {
    return refuse(intake, entries.error);
  }
  if (entries.value.length === 0) {
    trail.outcome = 'acknowledged';
    return empty(202);
  }
  trail.targets = entries.value.map(auditedEntry);
  trail.reason = entries.value.map(({ reason }) => reason).join('; ');
  const until = Math.max(...entries.value.map(({ expiresAt }) => expiresAt));
  const message = {
    kind: 'set',
    issuer: transmitter.profile.issuer,
    jti,
    rememberSeconds: Math.max(MIN_MEMORY_SECONDS, until - context.now),
  } as const;
  trail.outcome = await storeOnce(ports.store, message, entries.value);
  return empty(202);
}

/** Enough of an event type to tell it by, in UTF-16 code units. */
const MAX_AUDITED_TYPE = 80;

async function readSecurityEvent(intake: Intake): Promise<Result<SecurityEventToken, SecurityEventFault>> {
  const body = await readBody(intake.request, 'application/secevent+jwt');
  if (!body.ok) {
    // RFC 8935 has no code for a transfer that stopped half-way, which says nothing of the SET: it is sent again.
    return err(
      body.error.status === 408
        ? { code: 'unavailable', fault: body.error }
        : { code: 'invalid_request', description: body.error.detail },
    );
  }
  return validateSecurityEventToken(new TextDecoder('latin1').decode(body.value), intake);
}

/** The transmitter's own credential, beside the signature (RFC 8935 §5.1, RFC 6750 §2.1). */
async function presents(
  authorization: string | null,
  { authorization: expected }: Transmitter,
): Promise<boolean> {
  if (expected === undefined) {
    return true;
  }
  const presented = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1];
  return presented !== undefined && (await sameSecret(presented, expected));
}

function refuse({ trail }: Intake, fault: SecurityEventFault): Response {
  if (fault.code === 'unavailable') {
    trail.outcome = outcomeOf(fault.fault);
    return problemAnswer(fault.fault);
  }
  trail.detail = `${fault.code}: ${fault.description}`;
  trail.outcome = 'refused';
  return securityEventError(fault.code, fault.description);
}
