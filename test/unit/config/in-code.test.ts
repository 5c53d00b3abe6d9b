import { describe, expect, it } from 'vitest';
import { type GatewayConfig, variablesTwice } from '../../../src/config/in-code.ts';

const config: GatewayConfig = {
  ISSUERS: { acme: { issuer: 'https://id.example', audience: 'a' } },
  ROUTES: { orders: { path: '/orders', origin: 'https://orders.example', timeout: '5s' } },
};

describe('a configuration in code', () => {
  it.each([
    ['the same table', { ROUTES: {} }, ['ROUTES']],
    ['a group of it', { ROUTES_BILLING: {} }, ['ROUTES_BILLING']],
    ['two', { ISSUERS: {}, ROUTES_BILLING: {}, OTHER: 1 }, ['ISSUERS', 'ROUTES_BILLING']],
    ['what the code leaves to the variables', { GATEWAY: {} }, []],
    ['another name that begins alike', { ROUTESX: {} }, []],
    ['secrets and bindings', { CACHE_SECRET: 'x', REVOCATIONS: {} }, []],
  ])('beside %s as a variable', (_, variables, expected) => {
    expect(variablesTwice(variables, config).map(({ path }) => path)).toEqual(expected);
  });

  it('is none: every variable counts', () => expect(variablesTwice({ ROUTES: {} }, {})).toEqual([]));
});
