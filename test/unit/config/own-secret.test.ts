import { describe, expect, it } from 'vitest';
import { ownSecret, warningWithout } from '../../../src/config/own-secret.ts';
import { compiled, envWith, problemsOf } from './rules.ts';

const GOOD = 'x'.repeat(32);
const envOf = (secrets: object) => envWith({}, {}, { ...secrets });

describe('the sealing secret', () => {
  it('is the one made for it, and no token that is handed out for reading', () => {
    expect(ownSecret({ CACHE_SECRET: GOOD, UPSTASH_REDIS_REST_TOKEN: 'read' }, 'CACHE_SECRET')).toBe(GOOD);
    expect(ownSecret({ UPSTASH_REDIS_REST_TOKEN: GOOD }, 'CACHE_SECRET')).toBeUndefined();
  });

  it('may be absent, which the Worker warns of: what it costs, and how to mend it', () => {
    expect(compiled(envOf({})).warnings).toEqual([]);
    expect(warningWithout('CACHE_SECRET')).toMatchObject({
      path: 'CACHE_SECRET',
      found: 'nothing',
      hint: expect.stringContaining('isolates share nothing'),
    });
  });

  it.each([
    ['', 'a secret of 0 characters'],
    [GOOD.slice(1), 'a secret of 31 characters'],
    [7, 'no text'],
    [null, 'no text'],
  ])('%j is refused, and not repeated', (secret, found) => {
    const problems = problemsOf(envOf({ CACHE_SECRET: secret }));
    expect(problems).toMatchObject([{ path: 'CACHE_SECRET', found }]);
    expect(JSON.stringify(problems)).not.toContain('xxx');
  });

  it.each([
    ['UPSTASH_REDIS_REST_TOKEN', { UPSTASH_REDIS_REST_URL: 'https://redis.example' }],
    ['ANOTHER', {}],
  ])('that %s holds as well is refused, and not repeated', (other, more) => {
    const problems = problemsOf(envOf({ CACHE_SECRET: GOOD, [other]: GOOD, ...more }));
    expect(problems).toMatchObject([{ path: 'CACHE_SECRET', found: `the same text as ${other}` }]);
    expect(JSON.stringify(problems)).not.toContain(GOOD);
  });

  it('of 32 characters is enough', () => {
    expect(problemsOf(envOf({ CACHE_SECRET: GOOD }))).toEqual([]);
  });
});
