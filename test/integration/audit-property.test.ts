import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPieces } from '../../src/access/glob.ts';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { sideOf } from '../../src/cli/review/compare-policies.ts';
import { openTrial } from '../../src/cli/review/confirm.ts';
import { prove } from '../../src/cli/review/prove.ts';
import { readSentence } from '../../src/cli/review/sentence.ts';
import { buildRouteTable } from '../../src/routing/route-table.ts';
import { policyOf, randomRequest, randomTables, randomToken } from '../fixtures/random-policy.ts';

completeRuntime();

/** Many times as many, where somebody looks for what these few have not found. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 1);

const target = fc.constantFrom('any origin', 'path "/a/*"', 'path "/a/b"', 'path "/c/*"', 'host "*.example"');
const condition = fc.constantFrom('a token', 'scope "s:*"', 'scope "s:a"', 'issuer "one"', 'claim "role"');

describe('a sentence about a random policy', () => {
  it('that holds is broken by no request, and one that fails is broken by its counterexample', async () => {
    const outcomes = new Map<string, number>();
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(
        randomTables.filter((tables) => policyOf(tables) !== undefined),
        target,
        condition,
        fc.array(fc.record({ request: randomRequest, token: randomToken }), {
          minLength: 120,
          maxLength: 120,
        }),
        async (tables, place, term, requests) => {
          const policy = policyOf(tables);
          const sentence = readSentence(`no request reaches ${place} without ${term}`);
          if (policy === undefined || !sentence.ok) throw new Error('no policy, or no sentence');
          const proof = await prove(sentence.value, policy);
          outcomes.set(proof.outcome, (outcomes.get(proof.outcome) ?? 0) + 1);
          if (proof.outcome === 'fails') expect(proof.confirmed).toBe(true);
          if (proof.outcome !== 'holds') return;
          const trial = await openTrial({ policy });
          const table = buildRouteTable(policy.routes);
          for (const { request, token } of requests) {
            if (!concerned(place, request) || sideOf(policy, table, request).route === undefined) continue;
            if (!policy.issuers.some(({ name }) => name === token.issuer)) continue;
            tried += 1;
            const url = `https://${request.host}${request.path}`;
            const presented = { ...token, source: { kind: 'bearer' } as const };
            const { passes } = await trial.attempt(
              'policy',
              { method: request.method, url, token: presented },
              'policy',
            );
            expect(passes && !meets(term, token), `${url} ${JSON.stringify(token)}`).toBe(false);
          }
        },
      ),
      { numRuns: 120 * RUNS, endOnFailure: true },
    );
    expect(outcomes.get('holds')).toBeGreaterThan(20);
    expect(outcomes.get('fails')).toBeGreaterThan(20);
    expect(outcomes.get('undecided') ?? 0).toBeLessThan(10 * RUNS);
    expect(tried).toBeGreaterThan(20);
  });
});

type Values<T> = T extends fc.Arbitrary<infer V> ? V : never;

function concerned(place: string, { host, path }: Values<typeof randomRequest>): boolean {
  const [, kind, value = ''] = /^(any|path|host)(?: "(.*)"| origin)$/.exec(place) ?? [];
  if (kind === 'host') return host.endsWith(value.slice(1));
  if (kind !== 'path') return true;
  return value.endsWith('/*')
    ? path === value.slice(0, -2) || path.startsWith(value.slice(0, -1))
    : path === value;
}

function meets(term: string, { issuer, wish }: Values<typeof randomToken>): boolean {
  const [, kind, value = ''] = /^(\S+) "?([^"]*)"?$/.exec(term) ?? [];
  if (kind === 'scope')
    return [...wish.scope, ...String(wish.claims.scp ?? '').split(' ')].some((each) =>
      value.includes('*') ? matchesPieces(each, value.split('*')) : each === value,
    );
  // Of two tables with one "iss" the gateway finds out which a token is for.
  if (kind === 'issuer') return issuer === value || (issuer === 'twin' && value === 'one');
  return kind === 'claim' ? value in wish.claims : true;
}
