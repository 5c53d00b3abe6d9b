import type { JsonObject } from '../../core/jose.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { predicateFor } from '../../core/revocation.ts';
import { readJson } from '../../http/body.ts';
import type { Fault } from '../../http/fault.ts';
import { json } from '../../http/problem.ts';
import type { RevocationEntry } from '../../revocation-store/port.ts';
import { auditedEntry } from '../audit.ts';
import { readPresentedToken } from '../intakes/presented-token.ts';
import type { Admin } from '../policy.ts';
import type { Intake } from '../ports.ts';
import { authenticateAdmin } from './caller.ts';
import { entryJson, lastExpiry, newEntry } from './entry.ts';
import { parseRevocations, type RevocationRequest } from './request.ts';
import { permittedIssuer, refuse } from './revocations.ts';

/**
 * `POST /v1/revocations`, one or many: 201 with the entries as they are stored, all of them or none; 200 when nothing was
 * to be stored, as the tokens presented have expired.
 */
export async function postRevocations(intake: Intake): Promise<Response> {
  const { request, ports, context, trail } = intake;
  const admin = await authenticateAdmin(intake, 'write');
  if (!admin.ok) {
    return admin.error;
  }
  const body = await readJson(request);
  const asked = body.ok ? parseRevocations(body.value, context.now) : body;
  if (!asked.ok) {
    return refuse(intake, asked.error);
  }
  const { many, requests } = asked.value;
  trail.reason = [...new Set(requests.map(({ reason }) => reason ?? ''))].join('; ');
  const entries = await entriesOf(requests, admin.value, intake);
  if (!entries.ok) {
    return refuse(intake, entries.error);
  }
  const live = entries.value.filter(({ expiresAt }) => expiresAt > context.now);
  trail.targets = live.map(auditedEntry);
  const stored = live.length > 0 ? await ports.store.revoke(live) : [];
  trail.outcome = live.length > 0 ? 'stored' : 'acknowledged';
  trail.detail = live.length < entries.value.length ? 'expired' : undefined;
  const answers = entries.value.map((entry) => {
    const at = live.indexOf(entry);
    return at === -1 ? expired(entry) : entryJson(stored[at] ?? entry);
  });
  return json(live.length > 0 ? 201 : 200, many ? { revocations: answers } : (answers[0] ?? {}));
}

const expired = ({ expiresAt }: RevocationEntry): JsonObject => ({
  revoked: false,
  state: 'expired',
  expires_at: expiresAt,
});

/** What to write for each request, and until when; the first that cannot be honoured refuses all. */
async function entriesOf(
  requests: readonly RevocationRequest[],
  admin: Admin,
  intake: Intake,
): Promise<Result<readonly RevocationEntry[], Fault>> {
  const entries: RevocationEntry[] = [];
  for (const request of requests) {
    const entry = await entryOf(request, admin, intake);
    if (!entry.ok) {
      return entry;
    }
    entries.push(entry.value);
  }
  return ok(entries);
}

async function entryOf(
  asked: RevocationRequest,
  admin: Admin,
  { ports, context, trail }: Intake,
): Promise<Result<RevocationEntry, Fault>> {
  const provenance = {
    revokedBy: trail.by ?? admin.name,
    intake: 'admin',
    reason: asked.reason ?? '',
  };
  if (asked.by === 'token') {
    const token = await readPresentedToken(asked.token, admin.presented, ports, context);
    return token.ok
      ? ok(newEntry(token.value.predicate, token.value.lastAccepted, provenance, context.now))
      : token;
  }
  const issuer = permittedIssuer(asked.target.issuer, admin, ports.policy.issuers);
  if (!issuer.ok) {
    return err(issuer.error);
  }
  const predicate = predicateFor(asked.target, asked.issuedBefore ?? context.now);
  const expiresAt = asked.expiresAt ?? lastExpiry(predicate, issuer.value, context.now);
  return ok(newEntry(predicate, expiresAt, provenance, context.now));
}
