import { profileOf } from '../../core/issuer-template.ts';
import { readJson } from '../../http/body.ts';
import type { Fault } from '../../http/fault.ts';
import { empty, problemAnswer } from '../../http/problem.ts';
import { authenticateAdmin } from '../admin/caller.ts';
import { lastExpiry, newEntry } from '../admin/entry.ts';
import { auditedEntry, outcomeOf } from '../audit.ts';
import type { Intake } from '../ports.ts';
import { readSubjectIdentifier, type SubjectFault } from './subject.ts';

const FAULTS: { readonly [fault in SubjectFault]: Fault } = {
  malformed: { status: 400, detail: 'sub_id is not a subject identifier as RFC 9493 has it.' },
  foreign_issuer: { status: 403, detail: 'This caller may not revoke tokens of that issuer.' },
  not_mappable: { status: 422, detail: 'sub_id is in a format that names no subject of our tokens.' },
};

/**
 * `POST /global-token-revocation` (draft-parecki-oauth-global-token-revocation): every token the subject was issued
 * until now is refused. 204 when that is stored. Whether the subject exists is not known here, so never 404.
 */
export async function revokeSubject(intake: Intake): Promise<Response> {
  const { request, ports, context, trail } = intake;
  const admin = await authenticateAdmin(intake, 'write');
  if (!admin.ok) {
    return admin.error;
  }
  const body = await readJson(request);
  if (!body.ok) {
    return refuse(intake, body.error);
  }
  if (Object.keys(body.value).some((member) => member !== 'sub_id')) {
    return refuse(intake, { status: 400, detail: 'The only member known here is sub_id.' });
  }
  const subject = readSubjectIdentifier(body.value.sub_id, 'user', {
    ...admin.value,
    issuedBefore: context.now,
  });
  if (!subject.ok) {
    return refuse(intake, FAULTS[subject.error]);
  }
  const provenance = {
    revokedBy: trail.by ?? admin.value.name,
    intake: 'global_token_revocation',
    reason: '',
  };
  const entries = subject.value.flatMap((predicate) => {
    const issuer = profileOf(predicate.issuer, admin.value.mayRevoke);
    return issuer === undefined
      ? []
      : [newEntry(predicate, lastExpiry(predicate, issuer, context.now), provenance, context.now)];
  });
  trail.targets = entries.map(auditedEntry);
  await ports.store.revoke(entries);
  trail.outcome = 'stored';
  return empty(204);
}

function refuse({ trail }: Intake, fault: Fault): Response {
  trail.detail = fault.detail;
  trail.outcome = outcomeOf(fault);
  return problemAnswer(fault);
}
