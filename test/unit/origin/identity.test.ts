import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/jose.ts';
import type { HeaderMapping } from '../../../src/core/policy.ts';
import { MAX_VALUE_BYTES } from '../../../src/origin/encode-claim.ts';
import { forwardIdentity, MAX_IDENTITY_BYTES, OMITTED_HEADER } from '../../../src/origin/identity.ts';
import { principalWith, strippedHeaders } from './inputs.ts';

function forwarded(claims: JsonObject, headers: readonly HeaderMapping[]) {
  const result = forwardIdentity(strippedHeaders({ accept: '*/*' }), headers, principalWith(claims));
  return { sent: Object.fromEntries(result.headers), omitted: result.omitted };
}

const USER: HeaderMapping = { header: 'X-User-Id', claim: ['sub'], type: 'any' };
const TENANT: HeaderMapping = { header: 'X-Tenant', claim: ['org', 'tenant_id'], type: 'string' };
const ROLES: HeaderMapping = { header: 'X-Roles', claim: ['roles'], type: 'array' };

describe('forwardIdentity', () => {
  it('adds every mapped claim and keeps the rest', () => {
    expect(
      forwarded({ sub: 'ada', org: { tenant_id: 't1' }, roles: ['a', 'b'] }, [USER, TENANT, ROLES]),
    ).toEqual({
      sent: { accept: '*/*', 'x-user-id': 'ada', 'x-tenant': 't1', 'x-roles': '["a","b"]' },
      omitted: [],
    });
  });

  it('hands back the headers it was given', () => {
    const stripped = strippedHeaders({});
    expect(forwardIdentity(stripped, [USER], principalWith({ sub: 'a' })).headers).toBe(stripped);
  });

  it('adds nothing without a principal', () => {
    const { headers, omitted } = forwardIdentity(strippedHeaders({ accept: '*/*' }), [USER], undefined);
    expect([Object.fromEntries(headers), omitted]).toEqual([{ accept: '*/*' }, []]);
  });

  it.each([
    ['missing', {}],
    ['null', { sub: null }],
    ['inherited only', { org: {} }],
  ] as [string, JsonObject][])('a claim that is %s leaves its header absent', (_title, claims) => {
    const inherited: HeaderMapping = { header: 'X-Inherited', claim: ['org', 'constructor'], type: 'any' };
    expect(forwarded(claims, [USER, inherited])).toEqual({ sent: { accept: '*/*' }, omitted: [] });
  });

  it('an empty string is a value', () => {
    expect(forwarded({ sub: '' }, [USER]).sent).toEqual({ accept: '*/*', 'x-user-id': '' });
  });

  it('names what it could not send, as configured, and sends the rest', () => {
    const claims = { sub: 'x'.repeat(MAX_VALUE_BYTES + 1), org: { tenant_id: 7 }, roles: ['a'] };
    expect(forwarded(claims, [USER, TENANT, ROLES])).toEqual({
      sent: { accept: '*/*', 'x-roles': '["a"]', [OMITTED_HEADER.toLowerCase()]: 'X-User-Id, X-Tenant' },
      omitted: ['X-User-Id', 'X-Tenant'],
    });
  });

  it('stops before all identity headers together exceed their bound, in the order configured', () => {
    const headers = ['X-A', 'X-B', 'X-C', 'X-D', 'X-E'].map(
      (header): HeaderMapping => ({ header, claim: ['big'], type: 'any' }),
    );
    const { sent, omitted } = forwarded({ big: 'x'.repeat(MAX_VALUE_BYTES), sub: 'ada' }, [...headers, USER]);
    expect(omitted).toEqual(['X-D', 'X-E']);
    expect(sent['x-user-id']).toBe('ada');
    const bytes = ['x-a', 'x-b', 'x-c', 'x-user-id'].reduce(
      (sum, name) => sum + name.length + (sent[name]?.length ?? 0),
      0,
    );
    expect(bytes).toBeLessThanOrEqual(MAX_IDENTITY_BYTES);
  });

  it.each([
    [0, []],
    [1, ['X-D']],
  ] as const)('counts names and values to the octet: %i more than the bound', (over, left) => {
    const headers = ['X-A', 'X-B', 'X-C', 'X-D'].map(
      (header, index): HeaderMapping => ({ header, claim: [index < 3 ? 'big' : 'rest'], type: 'any' }),
    );
    const taken = 3 * (MAX_VALUE_BYTES + 'X-A'.length) + 'X-D'.length;
    const claims = { big: 'x'.repeat(MAX_VALUE_BYTES), rest: 'x'.repeat(MAX_IDENTITY_BYTES - taken + over) };
    const { sent, omitted } = forwarded(claims, headers);
    expect(omitted).toEqual(left);
    expect(sent[OMITTED_HEADER.toLowerCase()]).toBe(left[0]);
  });
});
