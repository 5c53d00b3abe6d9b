import { describe, expect, it } from 'vitest';
import { presentedProfiles, profilesOf, securityEventProfile } from '../../../src/control/token-profiles.ts';
import { adminProfile } from '../../../src/tokens/admin-profile.ts';
import { logoutProfile } from '../../../src/tokens/message-profiles.ts';
import { anIssuer } from '../../fixtures/policies.ts';

/** An issuer whose access tokens are peculiar in every way. */
const issuer = anIssuer({
  audienceClaim: 'client_id',
  jtiClaim: 'uti',
  types: new Set(['at+jwt']),
  typeRequired: true,
  profile: 'rfc9068',
  numericSubject: true,
  clockToleranceSeconds: 7,
  maxTokenAgeSeconds: 60,
  requiredClaims: ['tenant'],
  maxTokenLifetimeSeconds: 900,
  lifetimeEnforced: true,
  audienceOptional: true,
  expiry: 'optional',
  encryption: { keys: ['KEY'], required: true },
});

/** What belongs to the issuer, whatever its token is for. */
const shared = {
  name: issuer.name,
  issuer: issuer.issuer,
  algorithms: issuer.algorithms,
  numericSubject: true,
  clockToleranceSeconds: 7,
  maxTokenLifetimeSeconds: 900,
};
/** What a message is: no access token, so nothing that access tokens of this issuer have of their own. */
const message = {
  ...shared,
  audienceClaim: 'aud',
  jtiClaim: 'jti',
  profile: 'jwt',
  maxTokenAgeSeconds: undefined,
  lifetimeEnforced: false,
  audienceOptional: false,
  encryption: { keys: ['KEY'], required: false },
  requiredClaims: ['iat', 'jti'],
};

describe('the profiles of control', () => {
  const [presented] = presentedProfiles(new Map([[issuer.issuer, issuer]])).get(issuer.issuer) ?? [];
  const profiles = {
    admin: adminProfile(issuer, ['control']),
    logout: logoutProfile(issuer, ['web'], false),
    event: securityEventProfile(issuer, ['receiver']),
    presented,
  };

  it.each(Object.entries(profiles))('%s: the keys are the very provider of the issuer', (_name, profile) => {
    expect(profile?.keys).toBe(issuer.keys);
    expect(profile).toMatchObject(shared);
  });

  it('an admin token is an access token for somebody else', () => {
    const strict = { audienceOptional: false, expiry: 'required' };
    expect(profiles.admin).toEqual({ ...issuer, audience: ['control'], ...strict });
  });

  it('a logout token has an audience, a type and a life of its own', () => {
    const expected = { ...message, audience: ['web'], expiry: 'required' };
    expect(profiles.logout).toMatchObject({
      ...expected,
      types: new Set(['logout+jwt', 'jwt']),
      typeRequired: false,
    });
    expect(logoutProfile(issuer, ['web'], true)).toMatchObject({
      ...expected,
      types: new Set(['logout+jwt']),
      typeRequired: true,
    });
  });

  it('a SET is nothing but a SET', () => {
    expect(profiles.event).toMatchObject({
      ...message,
      audience: ['receiver'],
      types: new Set(['secevent+jwt']),
      typeRequired: true,
      expiry: 'optional',
    });
  });

  it('a token presented for revocation may be any, dead or not born yet', () => {
    expect(presented).toMatchObject({
      ...shared,
      jtiClaim: 'uti',
      audience: 'any',
      types: 'any',
      profile: 'jwt',
      expiry: 'ignored',
      requiredClaims: [],
      lifetimeEnforced: false,
      encryption: { keys: ['KEY'], required: false },
    });
  });

  it('are found by issuer, all of one issuer together', () => {
    const other = anIssuer({ issuer: 'https://other.example' });
    const purposes = [{ profile: profiles.logout }, { profile: other }, { profile: profiles.event }];
    expect([...profilesOf(purposes)]).toEqual([
      [issuer.issuer, [profiles.logout, profiles.event]],
      [other.issuer, [other]],
    ]);
  });
});
