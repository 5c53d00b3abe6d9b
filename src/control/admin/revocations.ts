import type { JsonObject } from '../../core/jose.ts';
import type { TokenProfile } from '../../core/policy.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { predicateFor, type RevocationPredicate, type RevocationTarget } from '../../core/revocation.ts';
import { readJson, uniqueParameters } from '../../http/body.ts';
import type { Fault } from '../../http/fault.ts';
import { json, problemAnswer } from '../../http/problem.ts';
import { auditedEntry, outcomeOf } from '../audit.ts';
import { readPresentedToken } from '../intakes/presented-token.ts';
import type { Admin } from '../policy.ts';
import type { Intake } from '../ports.ts';
import { authenticateAdmin } from './caller.ts';
import { entryJson, lastExpiry, newEntry } from './entry.ts';
import { parsePage, parseRevocation, parseTarget, type RevocationRequest, sealCursor } from './request.ts';

const INTAKE = 'admin';

/** `POST /v1/revocations`: 201 with the entry; 200 when the token presented has already expired. */
export async function postRevocation(intake: Intake): Promise<Response> {
  const { request, ports, context, trail } = intake;
  const admin = await authenticateAdmin(intake, 'write');
  if (!admin.ok) {
    return admin.error;
  }
  const body = await readJson(request);
  const asked = body.ok ? parseRevocation(body.value, context.now) : body;
  if (!asked.ok) {
    return refuse(intake, asked.error);
  }
  const predicate = await predicateOf(asked.value, admin.value, intake);
  if (!predicate.ok) {
    return refuse(intake, predicate.error);
  }
  trail.reason = asked.value.reason ?? '';
  const { expiresAt } = predicate.value;
  if (expiresAt <= context.now) {
    trail.outcome = 'acknowledged';
    trail.detail = 'expired';
    return json(200, { revoked: false, state: 'expired', expires_at: expiresAt });
  }
  const provenance = { revokedBy: trail.by ?? admin.value.name, intake: INTAKE, reason: trail.reason };
  const entry = newEntry(predicate.value.predicate, expiresAt, provenance, context.now);
  trail.targets = [auditedEntry(entry)];
  await ports.store.revoke([entry]);
  trail.outcome = 'stored';
  return json(201, entryJson(entry));
}

/** `DELETE /v1/revocations`, target in a JSON body or the query: 200, also when there was nothing to remove. */
export async function deleteRevocation(intake: Intake): Promise<Response> {
  const { ports, context, trail } = intake;
  const target = await readTarget(intake, 'write');
  if (!target.ok) {
    return target.error;
  }
  const removed = await ports.store.unrevoke(target.value, trail.by ?? '', context.now);
  trail.outcome = 'removed';
  trail.detail = removed ? 'removed' : 'not_found';
  return json(200, { removed });
}

/** `GET /v1/revocations/lookup?…`, or `POST` with a JSON body, which keeps identifiers out of URLs. */
export async function lookUpRevocation(intake: Intake): Promise<Response> {
  const { ports, context, trail } = intake;
  const target = await readTarget(intake, 'read');
  if (!target.ok) {
    return target.error;
  }
  const entry = await ports.store.lookup(target.value, context.now);
  trail.outcome = 'read';
  return json(200, entry === undefined ? { revoked: false } : { revoked: true, entry: entryJson(entry) });
}

/** `GET /v1/revocations?cursor=&limit=`: a page of live entries; the last page has no cursor. */
export async function listRevocations(intake: Intake): Promise<Response> {
  const { request, ports, context, trail } = intake;
  const admin = await authenticateAdmin(intake, 'read');
  if (!admin.ok) {
    return admin.error;
  }
  const query = uniqueParameters(new URL(request.url).searchParams);
  const page = query.ok ? parsePage(Object.fromEntries(query.value)) : query;
  if (!page.ok) {
    return refuse(intake, page.error);
  }
  const { entries, cursor } = await ports.store.list(page.value.cursor, page.value.limit, context.now);
  trail.outcome = 'read';
  const visible = entries.filter(({ predicate }) => admin.value.mayRevoke.has(predicate.issuer));
  return json(200, {
    revocations: visible.map(entryJson),
    ...(cursor === undefined ? {} : { cursor: sealCursor(cursor) }),
  });
}

/** What to write for a request, and until when. */
async function predicateOf(
  asked: RevocationRequest,
  admin: Admin,
  { ports, context }: Intake,
): Promise<Result<{ predicate: RevocationPredicate; expiresAt: number }, Fault>> {
  if (asked.by === 'token') {
    const token = await readPresentedToken(asked.token, admin.presented, ports, context);
    return token.ok ? ok({ predicate: token.value.predicate, expiresAt: token.value.lastAccepted }) : token;
  }
  const issuer = permittedIssuer(asked.target, admin, ports.policy.issuers);
  if (!issuer.ok) {
    return issuer;
  }
  const predicate = predicateFor(asked.target, asked.issuedBefore ?? context.now);
  const expiresAt = asked.expiresAt ?? lastExpiry(predicate, issuer.value, context.now);
  return ok({ predicate, expiresAt });
}

async function readTarget(
  intake: Intake,
  access: 'read' | 'write',
): Promise<Result<RevocationTarget, Response>> {
  const { request, ports, trail } = intake;
  const admin = await authenticateAdmin(intake, access);
  if (!admin.ok) {
    return admin;
  }
  const members = await targetMembers(request);
  const target = members.ok ? parseTarget(members.value) : members;
  if (!target.ok) {
    return err(refuse(intake, target.error));
  }
  trail.targets = [target.value];
  const issuer = permittedIssuer(target.value, admin.value, ports.policy.issuers);
  return issuer.ok ? target : err(refuse(intake, issuer.error));
}

/** The query or the body, never both. */
async function targetMembers(request: Request): Promise<Result<JsonObject, Fault>> {
  const { searchParams } = new URL(request.url);
  if (searchParams.size === 0) {
    return readJson(request);
  }
  if (request.body !== null) {
    return err({ status: 400, detail: 'The target stands in the query or in the body, not in both.' });
  }
  const query = uniqueParameters(searchParams);
  return query.ok ? ok(Object.fromEntries(query.value)) : query;
}

function permittedIssuer(
  { issuer }: RevocationTarget,
  admin: Admin,
  configured: ReadonlyMap<string, TokenProfile>,
): Result<TokenProfile, Fault> {
  const permitted = admin.mayRevoke.get(issuer);
  if (permitted !== undefined) {
    return ok(permitted);
  }
  return configured.has(issuer)
    ? err({ status: 403, detail: 'This admin may not revoke tokens of that issuer.' })
    : err({
        status: 400,
        detail: 'The request is not valid.',
        errors: ['issuer: is not a configured issuer'],
      });
}

function refuse({ trail }: Intake, fault: Fault): Response {
  trail.detail = fault.errors?.join('; ') ?? fault.detail;
  trail.outcome = outcomeOf(fault);
  return problemAnswer(fault);
}
