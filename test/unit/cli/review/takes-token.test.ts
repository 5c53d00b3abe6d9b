import { describe, expect, it } from 'vitest';
import { sampleOf, takes } from '../../../../src/cli/review/takes-token.ts';
import { compilePolicy } from '../../../../src/config/compile.ts';
import { REQUEST_RULES } from '../../../../src/gateway/request-rules.ts';

const NOW = 1_800_000_000;

function profileOf(table: object) {
  const ISSUERS = { acme: { issuer: 'https://id.example', audience: 'api', ...table } };
  const ROUTES = { api: { path: '/*', origin: 'https://o.example', revocation: { mode: 'off' } } };
  const BOX = JSON.stringify({ kty: 'EC', crv: 'P-256', d: 'AA' });
  const compiled = compilePolicy({ ISSUERS, ROUTES, BOX }, REQUEST_RULES);
  const profile = compiled.ok ? compiled.value.policy.issuers[0] : undefined;
  if (profile === undefined) throw new Error(JSON.stringify(compiled));
  return profile;
}

describe('a token of a stand-in', () => {
  it.each([
    ['an issuer as it comes', {}],
    ['a short life', { max_token_lifetime: '1m' }],
    [
      'many tenants, which are the tenants of revocations',
      {
        issuer: 'https://id.example/{tid}/v2.0',
        issuer_parameter: 'guid',
        jwks_uri: 'https://id.example/keys',
        tenant_claim: 'tid',
      },
    ],
    [
      'tenants that are listed',
      {
        issuer: 'https://id.example/{t}/x',
        issuer_parameter: ['a', 'b'],
        jwks_uri: 'https://id.example/keys',
      },
    ],
    ['a tenant of its own', { tenant_claim: '/org/id', required_claims: ['org'] }],
    ['no audience', { audience: undefined, allow_no_audience: true }],
    ['an audience elsewhere', { audience_claim: 'client_id' }],
    ['RFC 9068, and names of its own', { profile: 'rfc9068', audience_claim: 'azp', jti_claim: 'uti' }],
    ['encryption', { decryption_keys: 'BOX' }],
    ['no expiry', { allow_no_expiry: true, max_token_age: '30s' }],
  ])('is good for an issuer with %s', (_, table) => {
    const profile = profileOf(table);
    const sample = sampleOf(profile, {}, NOW);
    expect(takes({ profile, revocable: true }, sample, NOW)).toBe(true);
    const other = sampleOf(profile, { audience: 'another', claims: { '/client_id': 'another' } }, NOW);
    expect(takes({ profile, revocable: true }, other, NOW)).toBe(false);
  });
});
