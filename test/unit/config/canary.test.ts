import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../../../src/config/compile.ts';
import { RULES } from './rules.ts';

const SECRET = 'a-secret-of-the-canary-of-32-characters';
const ACME = { issuer: 'https://id.example', audience: 'https://api.example' };
const ORDERS = { path: '/orders/*', origin: 'https://orders.example' };

const compiled = (canary: object, route: object = {}, more: object = {}) =>
  compilePolicy(
    {
      ISSUERS: { acme: ACME },
      ROUTES: { orders: { ...ORDERS, ...route } },
      GATEWAY: { canary },
      REVOCATIONS: { idFromName: () => undefined },
      CANARY_SECRET: SECRET,
      ...more,
    },
    RULES,
  );

describe('the canary of the gateway', () => {
  it('is an issuer of no route, not even of one that names none', () => {
    const result = compiled({ secret: 'CANARY_SECRET' });
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    const { canary, routes, issuers } = result.value.policy;
    expect(canary).toMatchObject({ issuer: 'https://canary.portcullis.invalid', expiry: 'required' });
    expect([...(canary?.algorithms ?? [])]).toEqual(['HS256']);
    expect(routes.flatMap(({ access }) => [...access.profiles.keys()])).toEqual([ACME.issuer]);
    expect(issuers.map(({ name }) => name)).toEqual(['acme']);
  });

  it.each<[string, object, object, object, string]>([
    ['no secret', {}, {}, {}, 'GATEWAY.canary.secret'],
    ['no such secret', { secret: 'NONE' }, {}, {}, 'GATEWAY.canary.secret'],
    [
      'a secret that is short',
      { secret: 'CANARY_SECRET' },
      {},
      { CANARY_SECRET: 'short' },
      'GATEWAY.canary.secret',
    ],
    [
      'a secret of another use',
      { secret: 'CANARY_SECRET' },
      {},
      { CACHE_SECRET: SECRET },
      'GATEWAY.canary.secret',
    ],
    [
      'no route to measure',
      { secret: 'CANARY_SECRET' },
      { revocation: { mode: 'off' } },
      {},
      'GATEWAY.canary',
    ],
    [
      'a route that names it',
      { secret: 'CANARY_SECRET' },
      { issuers: ['portcullis-canary'] },
      {},
      'ROUTES.orders.issuers[0]',
    ],
  ])('is refused with %s', (_what, canary, route, more, path) => {
    const result = compiled(canary, route, more);
    expect(result.ok ? [] : result.error.map((each) => each.path)).toContain(path);
  });
});
