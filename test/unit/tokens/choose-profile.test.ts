import { describe, expect, it } from 'vitest';
import type { IssuerTemplate } from '../../../src/core/issuer-policy.ts';
import type { TokenProfile } from '../../../src/core/policy.ts';
import { chooseProfile, signsFor } from '../../../src/tokens/choose-profile.ts';
import { AUDIENCE, anIssuer, ISSUER } from '../../fixtures/policies.ts';

const GUID = '11111111-2222-3333-4444-55555555abcd';
const BEFORE = 'https://login.example/';
const AFTER = '/v2.0';
const TEMPLATE = `${BEFORE}{tid}${AFTER}`;
const tenants = (template: Partial<IssuerTemplate> = {}, profile: Partial<TokenProfile> = {}) =>
  anIssuer({
    name: 'tenants',
    issuer: TEMPLATE,
    template: { before: BEFORE, after: AFTER, claim: 'tid', allowed: 'guid', ...template },
    ...profile,
  });
const profilesOf = (all: readonly TokenProfile[]) => Map.groupBy(all, ({ issuer }) => issuer);

/** The name of the profile that decides, with the `iss` it does so for, or why there is none. */
const chosen = (
  profiles: readonly TokenProfile[],
  claims: Record<string, string | number | string[] | undefined>,
  header: { alg?: string; typ?: string } = {},
): string => {
  const result = chooseProfile({ header: { alg: 'ES256', ...header }, claims }, profilesOf(profiles));
  return result.ok
    ? `${result.value.profile.name} ${result.value.issuer}`
    : `${result.error.reason} ${'evidence' in result.error ? result.error.evidence : ''}`;
};

describe('an issuer template', () => {
  const iss = (tenant: string) => `${BEFORE}${tenant}${AFTER}`;

  it.each([
    ['a tenant', iss(GUID), GUID, `tenants ${iss(GUID)}`],
    ['another tenant in the claim', iss(GUID), GUID.replace('1', '2'), 'claim_invalid tid'],
    ['no claim', iss(GUID), undefined, 'claim_missing tid'],
    ['an empty claim', iss(GUID), '', 'claim_invalid tid'],
    ['the template itself', TEMPLATE, '{tid}', 'issuer_untrusted iss'],
    ['no tenant', iss(''), '', 'issuer_untrusted iss'],
    ['overlapping ends', 'https://login.example/v2.0', '', 'issuer_untrusted iss'],
    ['upper case', iss(GUID.toUpperCase()), GUID.toUpperCase(), 'issuer_untrusted iss'],
    ['two segments', iss(`${GUID}/${GUID}`), GUID, 'issuer_untrusted iss'],
    ['a segment more', `${iss(GUID)}/x`, GUID, 'issuer_untrusted iss'],
    ['a line end', iss(`${GUID}\n`), `${GUID}\n`, 'issuer_untrusted iss'],
    ['another host before it', `https://evil.example/?${iss(GUID)}`, GUID, 'issuer_untrusted iss'],
    ['an escaped slash', iss(`${GUID}%2f`), GUID, 'issuer_untrusted iss'],
    ['a dot segment', iss('..'), '..', 'issuer_untrusted iss'],
    ['words', iss('common'), 'common', 'issuer_untrusted iss'],
  ])('with a GUID and %s', (_title, issuer, tid, expected) => {
    expect(chosen([tenants()], { iss: issuer, tid, aud: AUDIENCE })).toBe(expected);
  });

  it.each([
    ['acme', 'tenants https://login.example/acme/v2.0'],
    ['globex', 'tenants https://login.example/globex/v2.0'],
    ['ac.e', 'issuer_untrusted iss'],
    ['acm', 'issuer_untrusted iss'],
    [GUID, 'issuer_untrusted iss'],
    ['.*', 'issuer_untrusted iss'],
  ])('with a list and the tenant %s', (tid, expected) => {
    const listed = tenants({ allowed: new Set(['acme', 'globex']) });
    expect(chosen([listed], { iss: iss(tid), tid, aud: AUDIENCE })).toBe(expected);
  });

  it('takes as long for a long hostile issuer as that is long', () => {
    const hostile = `${BEFORE}${'1'.repeat(1_000_000)}${AFTER}`;
    expect(chosen([tenants()], { iss: hostile, tid: '1', aud: AUDIENCE })).toBe('issuer_untrusted iss');
  });

  it('stands beside a table of one of its issuers that differs from it', () => {
    const own = anIssuer({ name: 'own', issuer: iss(GUID), audience: ['own'] });
    const claims = { iss: iss(GUID), tid: GUID };
    expect(chosen([tenants(), own], { ...claims, aud: 'own' })).toBe(`own ${iss(GUID)}`);
    expect(chosen([tenants(), own], { ...claims, aud: AUDIENCE })).toBe(`tenants ${iss(GUID)}`);
  });

  it('does not ask the claim of a plain issuer', () => {
    expect(chosen([tenants(), anIssuer()], { iss: ISSUER, aud: AUDIENCE })).toBe(`acme ${ISSUER}`);
  });
});

describe('a key of a template', () => {
  const issuer = `${BEFORE}${GUID}${AFTER}`;
  const signs = (named: string | undefined, profile = tenants()) =>
    signsFor(
      { algorithm: 'ES256', kid: 'k', issuer: named, cryptoKey: {} as CryptoKey },
      { profile, issuer },
    );

  it.each([
    [undefined, true],
    [`${BEFORE}{tenantid}${AFTER}`, true],
    [TEMPLATE, true],
    [issuer, true],
    [issuer.replace('1', '2'), false],
    [`${BEFORE}{tenantid}/v1.0`, false],
    ['', false],
  ])('that is for %s signs for a tenant: %s', (named, expected) => {
    expect(signs(named)).toBe(expected);
  });

  it('is not asked of a plain issuer', () => {
    expect(signs('https://other.example', anIssuer({ issuer }))).toBe(true);
  });
});

describe('several tables of one iss', () => {
  const id = anIssuer({ name: 'id', audience: ['app'] });
  const access = anIssuer({ name: 'access', audience: ['app'], audienceClaim: 'client_id' });
  const old = anIssuer({ name: 'old', algorithms: new Set(['HS256']) });
  const current = anIssuer({ name: 'current', algorithms: new Set(['ES256']) });
  const logout = anIssuer({ name: 'logout', types: new Set(['logout+jwt']), typeRequired: true });

  it.each<[string, readonly TokenProfile[], Record<string, string>, { alg?: string; typ?: string }, string]>([
    ['audience: the ID token', [access, id], { aud: 'app' }, {}, 'id'],
    ['audience: the access token', [id, access], { client_id: 'app' }, {}, 'access'],
    ['audience: neither', [id, access], { aud: 'other' }, {}, 'id'],
    ['algorithm: the old one', [current, old], { aud: AUDIENCE }, { alg: 'HS256' }, 'old'],
    ['algorithm: the new one', [old, current], { aud: AUDIENCE }, { alg: 'ES256' }, 'current'],
    ['type', [current, logout], { aud: AUDIENCE }, { typ: 'logout+jwt' }, 'logout'],
    ['algorithm before audience', [old, id], { aud: 'app' }, { alg: 'HS256' }, 'old'],
  ])('are told apart by %s', (_title, profiles, claims, header, expected) => {
    expect(chosen(profiles, { iss: ISSUER, ...claims }, header)).toBe(`${expected} ${ISSUER}`);
  });

  it('refuse an algorithm of none of them', () => {
    expect(chosen([old, current], { iss: ISSUER, aud: AUDIENCE }, { alg: 'RS512' })).toBe(
      'algorithm_not_allowed alg',
    );
  });
});
