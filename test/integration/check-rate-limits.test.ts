import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkWorker } from '../../src/cli/worker-check.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-rates-'));
afterAll(() => rmSync(folder, { recursive: true }));

const check = (limit: string, rateLimits = '') => {
  const file = join(folder, 'wrangler.toml');
  writeFileSync(
    file,
    `name = "gateway"
${rateLimits}
[vars.ISSUERS.acme]
issuer = "https://id.acme.example"
audience = "https://api.acme.example"

[vars.ROUTES.orders]
path = "/orders/*"
origin = "https://orders.acme.example"
rate_limit = { by = "subject", limit = 100, period = "60s", ${limit} }
`,
  );
  const { problems, warnings } = checkWorker(file, { environment: undefined, deploy: false }).report;
  return {
    problems: problems.map(({ path, allowed }) => `${path}: ${allowed}`),
    secrets: warnings.map(({ path }) => path).filter((path) => path.startsWith('RATE')),
  };
};

const rateLimit = (simple: string, name = 'LIMIT') =>
  `[[ratelimits]]\nname = "${name}"\nnamespace_id = "1"\nsimple = { ${simple} }\n`;

describe('the checker, on rate limits', () => {
  it.each([
    ['one that the binding holds', rateLimit('limit = 100, period = 60'), []],
    ['another number', rateLimit('limit = 50, period = 60'), ['limit: 50, as [[ratelimits]] "LIMIT" has it']],
    [
      'another period',
      rateLimit('limit = 100, period = 10'),
      ['period: 10, as [[ratelimits]] "LIMIT" has it'],
    ],
    [
      'no such binding',
      rateLimit('limit = 100, period = 60', 'OTHER'),
      ['binding: a [[ratelimits]] binding of this Worker'],
    ],
  ])('%s', (_, rateLimits, problems) => {
    expect(check('binding = "LIMIT"', rateLimits).problems).toEqual(
      problems.map((problem) => `ROUTES.orders.rate_limit.${problem}`),
    );
  });

  it('names the secrets of an exact one, which may be set at deploy', () => {
    expect(check('exact = true')).toEqual({
      problems: [],
      secrets: ['RATE_LIMIT_REDIS_REST_URL', 'RATE_LIMIT_REDIS_REST_TOKEN'],
    });
  });
});
