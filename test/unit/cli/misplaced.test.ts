import { describe, expect, it } from 'vitest';
import { misplacedTables } from '../../../src/cli/misplaced.ts';

const told = (whole: Record<string, unknown>, environment?: string) => {
  const section = environment === undefined ? whole : (whole.env as Record<string, object>)[environment];
  return misplacedTables(whole, { ...section }, environment).map(({ path, allowed }) => [path, allowed]);
};

const tables = { ISSUERS: { acme: {} }, ROUTES: { orders: {} } };

describe('tables that wrangler gives no Worker', () => {
  it('beside vars, or below another name than vars, are told with their place', () => {
    expect(told(tables)).toEqual([
      ['ISSUERS', '[vars.ISSUERS…]'],
      ['ROUTES', '[vars.ROUTES…]'],
    ]);
    for (const name of ['var', 'variables', 'Vars'])
      expect(told({ [name]: { ROUTES_EU: {} } })).toEqual([[`${name}.ROUTES_EU`, '[vars.ROUTES_EU…]']]);
    expect(told({ env: { live: { GATEWAY: {} } } }, 'live')).toEqual([
      ['env.live.GATEWAY', '[env.live.vars.GATEWAY…]'],
    ]);
  });

  it('in vars, but in other letters, are told with their name', () => {
    expect(told({ vars: { control: {}, Token_Service: {} } })).toEqual([
      ['vars.control', '[vars.CONTROL…]'],
      ['vars.Token_Service', '[vars.TOKEN_SERVICE…]'],
    ]);
  });

  it('that an environment does not inherit are told, one for each kind', () => {
    const live = { vars: { ROUTES_EU: {} } };
    const vars = { ...tables, ISSUERS_EU: {}, OTHER: 1 };
    expect(told({ vars, env: { live } }, 'live')).toEqual([
      ['env.live.vars.ISSUERS', '[env.live.vars.ISSUERS…]'],
    ]);
    expect(told({ vars, env: { live: {} } }, 'live')).toHaveLength(2);
  });

  it('are none in vars, nor are wrangler’s own keys', () => {
    expect(told({ vars: tables, routes: [], route: 'x', name: 'g' })).toEqual([]);
    expect(told({ vars: tables, env: { live: { vars: tables } } }, 'live')).toEqual([]);
    expect(told({ vars: { OTHER: 1 }, env: { live: {} } }, 'live')).toEqual([]);
  });
});
