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
  const { ports, context, trail } = intake;
  const asked = await readAsked(intake);
  if (!asked.ok) {
    return asked.error;
  }
  const { many, entries } = asked.value;
  const live = entries.filter(({ expiresAt }) => expiresAt > context.now);
  trail.targets = live.map(auditedEntry);
  const stored = live.length > 0 ? await ports.store.revoke(live) : [];
  trail.outcome = live.length > 0 ? 'stored' : 'acknowledged';
  trail.detail = live.length < entries.length ? 'expired' : undefined;
  const answers = entries.map((entry) => {
    const at = live.indexOf(entry);
    return at === -1 ? expired(entry) : entryJson(stored[at] ?? entry);
  });
  return json(live.length > 0 ? 201 : 200, many ? { revocations: answers } : (answers[0] ?? {}));
}

/**
 * `POST /v1/revocations/preview`: the body of one revocation; 200 with the entry that it would write, as of now, and the
 * one that stands there already. Refused as the revocation would be. Writes nothing.
 */
export async function previewRevocation(intake: Intake): Promise<Response> {
  const { ports, context, trail } = intake;
  const asked = await readAsked(intake);
  if (!asked.ok) {
    return asked.error;
  }
  const [entry, ...more] = asked.value.entries;
  if (entry === undefined || more.length > 0 || asked.value.many) {
    return refuse(intake, { status: 400, detail: 'A preview is of one revocation.' });
  }
  trail.targets = [auditedEntry(entry)];
  trail.outcome = 'read';
  if (entry.expiresAt <= context.now) {
    return json(200, expired(entry));
  }
  const standing = await ports.store.lookup(entry.predicate, context.now);
  return json(200, {
    entry: entryJson(entry),
    standing: standing === undefined ? null : entryJson(standing),
  });
}

/** What an admin who may write asks for, and the entries that come of it; or the answer that refuses it. */
async function readAsked(
  intake: Intake,
): Promise<Result<{ readonly many: boolean; readonly entries: readonly RevocationEntry[] }, Response>> {
  const { request, context, trail } = intake;
  const admin = await authenticateAdmin(intake, 'write');
  if (!admin.ok) {
    return admin;
  }
  const body = await readJson(request);
  const asked = body.ok ? parseRevocations(body.value, context.now) : body;
  if (!asked.ok) {
    return err(refuse(intake, asked.error));
  }
  const { many, requests } = asked.value;
  trail.reason = [...new Set(requests.map(({ reason }) => reason ?? ''))].join('; ');
  const entries = await entriesOf(requests, admin.value, intake);
  return entries.ok ? ok({ many, entries: entries.value }) : err(refuse(intake, entries.error));
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
