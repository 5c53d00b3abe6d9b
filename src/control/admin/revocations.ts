import { hasContent } from '../../core/has-content.ts';
import { profileOf } from '../../core/issuer-template.ts';
import type { JsonObject } from '../../core/jose.ts';
import type { TokenProfile } from '../../core/policy.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { RevocationTarget } from '../../core/revocation.ts';
import type { NumericDate } from '../../core/time.ts';
import { readJson, uniqueParameters } from '../../http/body.ts';
import type { Fault } from '../../http/fault.ts';
import { json, problemAnswer } from '../../http/problem.ts';
import type { RevocationEntry, RevocationPage, RevocationStore } from '../../revocation-store/port.ts';
import { outcomeOf } from '../audit.ts';
import type { Admin } from '../policy.ts';
import type { Intake } from '../ports.ts';
import { authenticateAdmin } from './caller.ts';
import { entryJson } from './entry.ts';
import { type PageRequest, parsePage, parseTarget, sealCursor } from './request.ts';

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

/**
 * `GET /v1/revocations?…`: a page of live entries, by kind, issuer, identifier and when they were revoked; the last page
 * has no cursor. Only the caller's issuers are looked at.
 */
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
  const issuers = issuersOf(page.value, admin.value, ports.policy.issuers);
  if (!issuers.ok) {
    return refuse(intake, issuers.error);
  }
  const { entries, cursor } = await pageOf(page.value, issuers.value, ports.store, context.now);
  trail.outcome = 'read';
  return json(200, {
    revocations: entries.map(entryJson),
    ...(cursor === undefined ? {} : { cursor: sealCursor(cursor) }),
  });
}

function issuersOf(
  { issuer }: PageRequest,
  admin: Admin,
  configured: ReadonlyMap<string, TokenProfile>,
): Result<readonly string[], Fault> {
  if (issuer === undefined) {
    return ok([...admin.mayRevoke.keys()]);
  }
  const permitted = permittedIssuer(issuer, admin, configured);
  return permitted.ok ? ok([issuer]) : permitted;
}

async function pageOf(
  { kind, named, revokedFrom, revokedTo, cursor, limit }: PageRequest,
  issuers: readonly string[],
  store: RevocationStore,
  now: NumericDate,
): Promise<RevocationPage> {
  if (named === undefined) {
    const kinds = kind && [kind];
    return await store.list({ issuers, kinds, revokedFrom, revokedTo }, cursor, limit, now);
  }
  const found = await Promise.all(issuers.map((issuer) => store.lookup({ ...named, issuer }, now)));
  const within = ({ revokedAt }: RevocationEntry): boolean =>
    revokedAt >= (revokedFrom ?? 0) && revokedAt <= (revokedTo ?? Number.POSITIVE_INFINITY);
  return { entries: found.filter((entry) => entry !== undefined).filter(within), cursor: undefined };
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
  const issuer = permittedIssuer(target.value.issuer, admin.value, ports.policy.issuers);
  return issuer.ok ? target : err(refuse(intake, issuer.error));
}

/** The query or the body, never both. */
async function targetMembers(request: Request): Promise<Result<JsonObject, Fault>> {
  const { searchParams } = new URL(request.url);
  if (searchParams.size === 0) {
    return readJson(request);
  }
  if (hasContent(request.body, request.headers)) {
    return err({ status: 400, detail: 'The target stands in the query or in the body, not in both.' });
  }
  const query = uniqueParameters(searchParams);
  return query.ok ? ok(Object.fromEntries(query.value)) : query;
}

export function permittedIssuer(
  issuer: string,
  admin: Admin,
  configured: ReadonlyMap<string, TokenProfile>,
): Result<TokenProfile, Fault> {
  const permitted = profileOf(issuer, admin.mayRevoke);
  if (permitted !== undefined) {
    return ok(permitted);
  }
  return profileOf(issuer, configured) !== undefined
    ? err({ status: 403, detail: 'This admin may not revoke tokens of that issuer.' })
    : err({
        status: 400,
        detail: 'The request is not valid.',
        errors: ['issuer: is not a configured issuer'],
      });
}

export function refuse({ trail }: Intake, fault: Fault): Response {
  trail.detail = fault.errors?.join('; ') ?? fault.detail;
  trail.outcome = outcomeOf(fault);
  return problemAnswer(fault);
}
