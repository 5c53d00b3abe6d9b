import { createExecutionContext } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import type { GatewayConfig } from '../../../src/config/in-code.ts';
import { createGateway } from '../../../src/gateway/create-gateway.ts';

const CONFIG: GatewayConfig = {
  ISSUERS: { acme: { issuer: 'https://id.example', audience: 'https://api.example' } },
  ROUTES: {
    orders: { path: '/orders/*', origin: 'https://orders.example', revocation: { mode: 'off' } },
  },
};

const CACHE_SECRET = 'x'.repeat(32);

async function ask(config: GatewayConfig, bound: Record<string, unknown> = { CACHE_SECRET }) {
  const lines: unknown[] = [];
  const printed = vi.spyOn(console, 'log').mockImplementation((line) => lines.push(line));
  for (const level of ['warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line) => lines.push(line));
  }
  try {
    const request = new Request('https://gateway.example/orders/7');
    const response = await createGateway(config).fetch(request, bound, createExecutionContext());
    return { status: response.status, logged: JSON.stringify(lines) };
  } finally {
    printed.mockRestore();
    vi.restoreAllMocks();
  }
}

describe('createGateway', () => {
  it('decides by the configuration in code', async () => {
    expect(await ask(CONFIG)).toMatchObject({ status: 401 });
  });

  it('takes from the variables what the code does not give', async () => {
    const { ISSUERS = {}, ROUTES = {} } = CONFIG;
    expect(await ask({ ISSUERS }, { CACHE_SECRET, ROUTES })).toMatchObject({ status: 401 });
  });

  it('says a mistake at the same path as for variables', async () => {
    const broken = { ...CONFIG, ROUTES: { orders: { path: '/orders*', origin: 'https://orders.example' } } };
    const { status, logged } = await ask(broken);
    expect(status).toBe(500);
    expect(logged).toContain('ROUTES.orders.path');
  });

  it('refuses a table that the variables have as well', async () => {
    const { status, logged } = await ask(CONFIG, { CACHE_SECRET, ROUTES_BILLING: {} });
    expect(status).toBe(500);
    expect(logged).toContain('a variable beside ROUTES in code');
  });

  it('does not warn of the size of tables in code', async () => {
    const ROUTES = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [
        `orders-${i}`,
        { path: `/orders/${i}/*`, origin: 'https://orders.example', revocation: { mode: 'off' } } as const,
      ]),
    );
    const { status, logged } = await ask({ ...CONFIG, ROUTES: { ...CONFIG.ROUTES, ...ROUTES } });
    expect(status).toBe(401);
    expect(logged).not.toContain('bytes of JSON');
  });
});
