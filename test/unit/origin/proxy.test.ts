import { describe, expect, it } from 'vitest';
import type { Route } from '../../../src/core/policy.ts';
import type { OriginHeaders } from '../../../src/core/principal.ts';
import { receive } from '../../../src/core/received-request.ts';
import { proxy } from '../../../src/origin/proxy.ts';
import { aRoute } from '../../fixtures/policies.ts';

const input = (route: Partial<Route>, path = '/a') => ({
  received: receive(new Request('https://gateway.test/a')),
  target: { path, search: '' },
  headers: new Headers() as OriginHeaders,
  route: aRoute(route),
  fetcher: undefined,
});

describe('proxy', () => {
  it.each(['', 'a', '.evil.test/', '@evil.test/', ':80/', '?x', '\\a'])(
    'throws for the path %j, which would belong to the host',
    async (path) => {
      await expect(proxy(input({}, path))).rejects.toThrow(TypeError);
    },
  );

  it('says when the configured service binding is not there', async () => {
    expect(await proxy(input({ origin: { kind: 'service', binding: 'ORDERS' } }))).toEqual({
      ok: false,
      error: { reason: 'config_invalid', evidence: 'route orders: its service binding is missing' },
    });
  });
});
