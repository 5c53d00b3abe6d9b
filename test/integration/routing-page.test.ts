import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

const page = readFileSync(join(REPOSITORY, 'docs/routing.md'), 'utf8');

/** `| `target` | outcome | because |` rows of the first table. */
const rows = [...page.matchAll(/^\| `(\/api\S*)` \| (passes|400) \|/gm)].map(
  ([, target = '', outcome = '']) => [target.replaceAll('\\|', '|'), outcome] as const,
);

/** The examples of the table of what is refused whatever the routes are. */
const refused = [...page.matchAll(/^\| `[^|]*\|[^|]*\| (`\/.*`) \|$/gm)].flatMap(([, examples = '']) =>
  [...examples.matchAll(/`(\/[^`]*)`/g)].map(([, target = '']) => target),
);

let api: Origin;
let admin: Origin;
let gateway: Gateway;

beforeAll(async () => {
  [api, admin] = await Promise.all([startOrigin(), startOrigin()]);
  gateway = await startGateway({
    vars: {
      ISSUERS: {},
      ROUTES: {
        api: { path: '/api/*', origin: api.url, authentication: 'none', revocation: { mode: 'off' } },
        admin: {
          path: '/api/admin/*',
          origin: admin.url,
          authentication: 'none',
          revocation: { mode: 'off' },
        },
        rest: {
          path: '/*',
          host: 'rest.test',
          origin: api.url,
          authentication: 'none',
          revocation: { mode: 'off' },
        },
      },
    },
    revocationObject: false,
  });
});

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([api?.stop(), admin?.stop()]);
});

async function arrivals(target: string, host: string) {
  const before = [api.received.length, admin.received.length];
  const response = await rawRequest(gateway.port, requestBytes('GET', target, [['Host', host]]));
  const since = (origin: Origin, count = 0) => origin.received.slice(count).map((each) => each.target);
  return { status: response.status, api: since(api, before[0]), admin: since(admin, before[1]) };
}

describe('docs/routing.md', () => {
  it('has its tables', () => {
    expect(rows.length).toBeGreaterThanOrEqual(18);
    expect(refused.length).toBeGreaterThanOrEqual(12);
  });

  it.each(rows)('%s: %s', async (target, outcome) => {
    const arrived = await arrivals(target, 'api.test');
    const inner = target.startsWith('/api/admin/');
    if (outcome === 'passes')
      expect(arrived).toEqual({ status: 200, api: inner ? [] : [target], admin: inner ? [target] : [] });
    else expect(arrived).toEqual({ status: 400, api: [], admin: [] });
  });

  it.each(refused)('%s is refused although one route has everything', async (target) => {
    if (target === '/api//admin/x') return expect((await arrivals(target, 'api.test')).status).toBe(400);
    expect(await arrivals(target, 'rest.test')).toEqual({ status: 400, api: [], admin: [] });
  });
});
