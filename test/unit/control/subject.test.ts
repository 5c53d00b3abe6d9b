import { describe, expect, it } from 'vitest';
import { readSubjectIdentifier, type SubjectRules } from '../../../src/control/intakes/subject.ts';
import type { JsonValue } from '../../../src/core/jose.ts';
import { anIssuer } from '../../fixtures/policies.ts';
import { ACME, OTHER } from './control-app.ts';

const issuer = anIssuer({ issuer: ACME });
const rules: SubjectRules = {
  profile: issuer,
  mayRevoke: new Map([[ACME, issuer]]),
  subjectFormats: new Set(['opaque']),
  issuedBefore: 100,
};
const user = { format: 'iss_sub', iss: ACME, sub: 'u' };
const sub = (value: string) => ({ kind: 'sub', issuer: ACME, value, issuedBefore: 100 });
const sid = (value: string) => ({ kind: 'sid', issuer: ACME, value });

describe('subject identifiers (RFC 9493)', () => {
  it.each<[string, JsonValue, readonly object[]]>([
    ['iss_sub', user, [sub('u')]],
    ['opaque', { format: 'opaque', id: 'u' }, [sub('u')]],
    ['jwt_id', { format: 'jwt_id', iss: ACME, jti: 'j' }, [{ kind: 'jti', issuer: ACME, value: 'j' }]],
    ['aliases', { format: 'aliases', identifiers: [{ format: 'email', email: 'a@b' }, user] }, [sub('u')]],
    [
      'aliases, one of them foreign',
      { format: 'aliases', identifiers: [{ ...user, iss: OTHER }, user] },
      [sub('u')],
    ],
    ['a session of a user', { format: 'complex', user, session: { format: 'opaque', id: 's' } }, [sid('s')]],
    ['a session alone', { format: 'complex', session: { format: 'opaque', id: 's' } }, [sid('s')]],
    ['a user of a tenant', { format: 'complex', user, tenant: { format: 'opaque', id: 't' } }, [sub('u')]],
    ['a user on a device', { format: 'complex', user, device: { format: 'opaque', id: 'd' } }, [sub('u')]],
    [
      'iss-sub as a subject_type, as drafts had it',
      { subject_type: 'iss-sub', iss: ACME, sub: 'u' },
      [sub('u')],
    ],
    [
      'claims of an ID token',
      { subject_type: 'id_token_claims', iss: ACME, sub: 'u', email: 'a@b' },
      [sub('u')],
    ],
    [
      'aliases of drafts',
      { subject_type: 'aliases', identifiers: [{ subject_type: 'iss_sub', iss: ACME, sub: 'u' }] },
      [sub('u')],
    ],
    ['a complex subject without format', { user, device: { format: 'opaque', id: 'd' } }, [sub('u')]],
    ['a session without format around it', { user, session: { format: 'opaque', id: 's' } }, [sid('s')]],
    [
      'a tenant',
      { format: 'complex', tenant: { format: 'opaque', id: 't' } },
      [{ ...sub('t'), kind: 'tenant' }],
    ],
  ])('reads %s', (_what, subject, predicates) => {
    expect(readSubjectIdentifier(subject, 'session', rules)).toEqual({ ok: true, value: predicates });
  });

  it('takes the user, not the session beside it, where the user is meant', () => {
    const subject = { format: 'complex', user, session: { format: 'opaque', id: 's' } };
    expect(readSubjectIdentifier(subject, 'user', rules)).toEqual({ ok: true, value: [sub('u')] });
  });

  it.each<[string, JsonValue | undefined, string]>([
    ['nothing', undefined, 'malformed'],
    ['text', 'user-1', 'malformed'],
    ['a list', [user], 'malformed'],
    ['no format', { iss: ACME, sub: 'u' }, 'malformed'],
    [
      'a format beside a subject_type',
      { format: 'new', subject_type: 'iss_sub', iss: ACME, sub: 'u' },
      'not_mappable',
    ],
    ['a format that is null', { format: null, user }, 'malformed'],
    ['a subject_type that is a number', { subject_type: 1, iss: ACME, sub: 'u' }, 'malformed'],
    ['a user that is text', { user: 'u' }, 'malformed'],
    ['a complex subject without format as user', { user: { user } }, 'not_mappable'],
    ['iss-sub of another issuer', { subject_type: 'iss-sub', iss: OTHER, sub: 'u' }, 'foreign_issuer'],
    ['iss_sub without sub', { format: 'iss_sub', iss: ACME }, 'malformed'],
    ['iss_sub with an empty sub', { ...user, sub: '' }, 'malformed'],
    ['iss_sub with a list as sub', { ...user, sub: ['u'] }, 'malformed'],
    ['iss_sub with an endless sub', { ...user, sub: 'u'.repeat(1025) }, 'malformed'],
    ['iss_sub with a list as iss', { ...user, iss: [ACME] }, 'malformed'],
    ['iss_sub of another issuer', { ...user, iss: OTHER }, 'foreign_issuer'],
    ['jwt_id of another issuer', { format: 'jwt_id', iss: OTHER, jti: 'j' }, 'foreign_issuer'],
    [
      'a session of a user of another issuer',
      { format: 'complex', user: { ...user, iss: OTHER }, session: { format: 'opaque', id: 's' } },
      'foreign_issuer',
    ],
    ['an email, not agreed on', { format: 'email', email: 'a@b' }, 'not_mappable'],
    ['a format of the future', { format: 'new', x: 1 }, 'not_mappable'],
    ['a device alone', { format: 'complex', device: { format: 'opaque', id: 'd' } }, 'not_mappable'],
    [
      'a session that is not opaque',
      { format: 'complex', session: { format: 'uri', uri: 'x:y' } },
      'not_mappable',
    ],
    ['a session without id', { format: 'complex', session: { format: 'opaque' } }, 'malformed'],
    [
      'a complex user inside a complex subject',
      { format: 'complex', user: { format: 'complex', user } },
      'not_mappable',
    ],
    ['aliases without identifiers', { format: 'aliases', identifiers: [] }, 'malformed'],
    [
      'aliases in aliases',
      { format: 'aliases', identifiers: [{ format: 'aliases', identifiers: [user] }] },
      'malformed',
    ],
    [
      'aliases of which none maps',
      { format: 'aliases', identifiers: [{ format: 'email', email: 'a@b' }] },
      'not_mappable',
    ],
    ['__proto__ as format', { format: '__proto__' }, 'not_mappable'],
  ])('refuses %s', (_what, subject, fault) => {
    expect(readSubjectIdentifier(subject, 'session', rules)).toEqual({ ok: false, error: fault });
  });

  it('takes an email for the sub where that is agreed on', () => {
    const agreed: SubjectRules = { ...rules, subjectFormats: new Set(['email', 'account']) };
    expect(readSubjectIdentifier({ format: 'email', email: 'a@b' }, 'user', agreed)).toEqual({
      ok: true,
      value: [sub('a@b')],
    });
    expect(readSubjectIdentifier({ format: 'account', uri: 'acct:a@b' }, 'user', agreed)).toEqual({
      ok: true,
      value: [sub('acct:a@b')],
    });
    expect(readSubjectIdentifier({ format: 'opaque', id: 'u' }, 'user', agreed)).toEqual({
      ok: false,
      error: 'not_mappable',
    });
  });
});
