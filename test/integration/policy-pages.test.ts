import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../../src/config/compile.ts';
import { REQUEST_RULES } from '../../src/gateway/request-rules.ts';
import { REPOSITORY } from '../fixtures/bundle.ts';

type Table = Readonly<Record<string, unknown>>;

class Binding {
  limit(): undefined {}
  idFromName(): undefined {}
}

/** What an example leaves to the rest of a configuration. */
const REST: Table = {
  ISSUERS: { acme: { issuer: 'https://id.acme.example', audience: ['https://api.acme.example'] } },
  ROUTES: { rest: { path: '/rest', origin: 'https://rest.internal.example', authentication: 'none' } },
  REVOCATIONS: new Binding(),
};

const examples = ['browsers', 'mcp', 'rate-limits', 'shadow'].flatMap((page) => {
  const text = readFileSync(join(REPOSITORY, `docs/${page}.md`), 'utf8');
  return [...text.matchAll(/```toml\n([\s\S]*?)```/g)].map(([, block = '']) => [page, block] as const);
});

describe('the pages on policies', () => {
  it('have examples', () => expect(new Set(examples.map(([page]) => page)).size).toBe(4));

  it.each(examples)('docs/%s.md shows what compiles: %s', (_, block) => {
    const { vars = {}, ratelimits = [] } = parse(block) as {
      vars?: Table;
      ratelimits?: { name: string; simple: unknown }[];
    };
    const bindings = ratelimits.map(({ name, simple }) => [name, Object.assign(new Binding(), { simple })]);
    const result = compilePolicy({ ...REST, ...Object.fromEntries(bindings), ...vars }, REQUEST_RULES);
    expect(result.ok ? [] : result.error).toEqual([]);
  });
});
