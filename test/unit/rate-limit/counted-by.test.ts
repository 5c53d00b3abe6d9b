import { describe, expect, it } from 'vitest';
import type { RateLimitPolicy } from '../../../src/core/answer-policy.ts';
import type { Principal } from '../../../src/core/principal.ts';
import { countedBy } from '../../../src/rate-limit/counted-by.ts';
import { anIssuer } from '../../fixtures/policies.ts';

type By = Partial<Pick<RateLimitPolicy, 'by' | 'claim' | 'scope'>>;

const as = (
  claims: object,
  profile = anIssuer({ tenantClaim: ['org', 'id'] }),
  issuer = profile.issuer,
): Principal => ({ token: { claims, profile, issuer } }) as unknown as Principal;

const key = (limit: By, principal?: Principal, address?: string) =>
  countedBy({ by: 'subject', claim: undefined, scope: 'route a', ...limit }, principal, address);

const ADA = { sub: 'ada', client_id: 'web', org: { id: 't1' }, plan: ['gold'] };

describe('countedBy', () => {
  it('is 43 characters, and none of what it is made of', async () => {
    const name = await key({}, as({ sub: 'ada'.repeat(1_000) }));
    expect(name).toMatch(/^[\w-]{43}$/);
    expect(await key({ by: 'address' }, undefined, '192.0.2.7')).toMatch(/^[\w-]{43}$/);
  });

  it.each<[By, object, object, boolean]>([
    [{ by: 'subject' }, ADA, { ...ADA, client_id: 'app' }, true],
    [{ by: 'subject' }, ADA, { ...ADA, sub: 'bob' }, false],
    [{ by: 'subject' }, {}, { jti: 'another' }, true],
    [{ by: 'subject' }, {}, { sub: 'null' }, false],
    [{ by: 'client' }, ADA, { azp: 'web' }, true],
    [{ by: 'client' }, ADA, { ...ADA, client_id: 'app' }, false],
    [{ by: 'tenant' }, ADA, { ...ADA, sub: 'bob' }, true],
    [{ by: 'tenant' }, ADA, { ...ADA, org: { id: 't2' } }, false],
    [{ by: 'issuer' }, ADA, { sub: 'bob' }, true],
    [{ by: 'claim', claim: ['plan'] }, ADA, { plan: ['gold'] }, true],
    [{ by: 'claim', claim: ['plan'] }, ADA, { plan: 'gold' }, false],
  ])('%j: %j and %j are one: %s', async (limit, one, other, same) => {
    expect((await key(limit, as(one))) === (await key(limit, as(other)))).toBe(same);
  });

  it('keeps issuers, limits and claims apart', async () => {
    const other = anIssuer({ issuer: 'https://other.example/' });
    const names = await Promise.all([
      key({}, as(ADA)),
      key({}, as(ADA, other)),
      key({ scope: 'route b' }, as(ADA)),
      key({ by: 'client' }, as({ client_id: 'ada' })),
      key({ by: 'claim', claim: ['a'] }, as({ a: 'ada' })),
      key({ by: 'claim', claim: ['b'] }, as({ b: 'ada' })),
      key({ by: 'address' }, as(ADA), '192.0.2.7'),
    ]);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each<[By]>([
    [{ by: 'subject' }],
    [{ by: 'client' }],
    [{ by: 'issuer' }],
    [{ by: 'claim', claim: ['x'] }],
  ])('%j keeps tenants of one template apart', async (limit) => {
    const template = anIssuer({ issuer: 'https://login.example/{tid}' });
    const of = (tenant: string) => key(limit, as(ADA, template, `https://login.example/${tenant}`));
    expect(await of('t1')).toBe(await of('t1'));
    expect(await of('t1')).not.toBe(await of('t2'));
  });

  it('counts an address for whoever did not log in, and all that are not known as one', async () => {
    const byAddress = await key({ by: 'address' }, undefined, '192.0.2.7');
    expect(await key({ by: 'subject' }, undefined, '192.0.2.7')).toBe(byAddress);
    expect(await key({ by: 'address' }, as(ADA), '192.0.2.7')).toBe(byAddress);
    expect(await key({ by: 'address' }, undefined, '2001:db8::1')).toBe(
      await key({ by: 'address' }, undefined, '2001:db8::2'),
    );
    expect(await key({ by: 'address' })).toBe(await key({ by: 'subject' }));
  });
});
