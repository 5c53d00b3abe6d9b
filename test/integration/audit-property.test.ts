import { describe, expect, it } from 'vitest';
import { matchesPieces } from '../../src/access/glob.ts';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { sideOf } from '../../src/cli/review/compare-policies.ts';
import { openTrial } from '../../src/cli/review/confirm.ts';
import { prove } from '../../src/cli/review/prove.ts';
import { readSentence } from '../../src/cli/review/sentence.ts';
import type { Policy } from '../../src/core/policy.ts';
import { buildRouteTable } from '../../src/routing/route-table.ts';
import fc from '../fixtures/draws.ts';
import { policyOf, randomRequest, randomTables, randomToken } from '../fixtures/random-policy.ts';

completeRuntime();

/** Many times as many, where somebody looks for what these few have not found. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 1);

const target = fc.constantFrom(
  'any origin',
  'path "/a/*"',
  'path "/a/b"',
  'path "/c/*"',
  'host "*.example"',
  'host "x.API.example"',
);
const condition = fc.constantFrom(
  'a token',
  'scope "s:*"',
  'scope "s:a"',
  'issuer "one"',
  'claim "role"',
  'claim "groups"',
);
const method = fc.constantFrom('', '', 'with method "POST" ', 'with method "head" ');

describe('a sentence about a random policy', () => {
  it('that holds is broken by no request, and one that fails is broken by its counterexample', async () => {
    const outcomes = new Map<string, number>();
    let tried = 0;
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(
        randomTables
          .map(policyOf)
          .filter((policy): policy is Policy => policy !== undefined && policy.issuers.length > 0),
        fc.array(fc.record({ place: target, term: condition, by: method }), { minLength: 12, maxLength: 12 }),
        fc.array(fc.record({ request: randomRequest, token: randomToken }), { minLength: 60, maxLength: 60 }),
        async (policy, sentences, askings) => {
          const trial = await openTrial({ policy });
          const table = buildRouteTable(policy.routes);
          const reaching: { request: Values<typeof randomRequest>; token: Values<typeof randomToken> }[] = [];
          for (const [index, { request, token }] of askings.entries()) {
            const { name: issuer = '' } = policy.issuers[index % policy.issuers.length] ?? {};
            if (sideOf(policy, table, request).route === undefined) continue;
            tried += 1;
            const url = `https://${request.host}${request.path}`;
            const presented = { ...token, issuer, source: { kind: 'bearer' } as const };
            const asked = { method: request.method, url, token: presented };
            const { passes } = await trial.attempt('policy', asked, 'policy');
            if (passes) reaching.push({ request, token: { ...token, issuer } });
          }
          passed += reaching.length;
          for (const { place, term, by } of sentences) {
            const sentence = readSentence(`no request ${by}reaches ${place} without ${term}`);
            if (!sentence.ok) throw new Error(sentence.error);
            const proof = await prove(sentence.value, policy);
            outcomes.set(proof.outcome, (outcomes.get(proof.outcome) ?? 0) + 1);
            if (proof.outcome === 'fails') expect(proof.confirmed).toBe(true);
            if (proof.outcome !== 'holds' && proof.outcome !== 'nothing') continue;
            for (const { request, token } of reaching) {
              if (!concerned(place, by, request) || (term === 'issuer "one"' && proof.outcome === 'nothing'))
                continue;
              expect(meets(term, token), `${sentence.value.text} ${JSON.stringify([request, token])}`).toBe(
                true,
              );
            }
          }
        },
      ),
      { numRuns: 60 * RUNS, endOnFailure: true },
    );
    expect(outcomes.get('holds')).toBeGreaterThan(15);
    expect(outcomes.get('fails')).toBeGreaterThan(15);
    expect(outcomes.get('undecided') ?? 0).toBeLessThan(40 * RUNS);
    expect(tried).toBeGreaterThan(200);
    expect(passed).toBeGreaterThan(40);
  });
});

type Values<T> = T extends fc.Arbitrary<infer V> ? V : never;

function concerned(place: string, by: string, { method, host, path }: Values<typeof randomRequest>): boolean {
  if (by !== '' && by.toUpperCase() !== `WITH METHOD "${method}" `) return false;
  const [, kind, value = ''] = /^(any|path|host)(?: "(.*)"| origin)$/.exec(place) ?? [];
  if (kind === 'host') {
    return value.startsWith('*') ? host.endsWith(value.slice(1)) : host === value.toLowerCase();
  }
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
