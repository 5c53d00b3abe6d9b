import { describe, expect, it } from 'vitest';
import { authorize } from '../../../src/access/authorize.ts';
import { requirementHolds } from '../../../src/access/requirement.ts';
import type { Circumstances } from '../../../src/core/circumstances.ts';
import type { LiveToken } from '../../../src/core/principal.ts';
import type { Requirement } from '../../../src/core/requirement.ts';
import fc from '../../fixtures/draws.ts';
import { anIssuer, NOW } from '../../fixtures/policies.ts';

const leaf: fc.Arbitrary<Requirement> = fc.oneof(
  fc.record({
    kind: fc.constant('scope' as const),
    values: fc.subarray(['a', 'b'], { minLength: 1 }),
    match: fc.constantFrom('all' as const, 'any' as const),
  }),
  fc.constantFrom('x', 'y').map((name): Requirement => ({ kind: 'equals', name, path: [name], value: 1 })),
  fc.constantFrom('x', 'y').map((name): Requirement => ({ kind: 'exists', name, path: [name] })),
  fc.constant<Requirement>({
    kind: 'authentication',
    acr: ['mfa'],
    amr: undefined,
    maxAgeSeconds: undefined,
  }),
);
const { tree } = fc.letrec<{ tree: Requirement }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({
      kind: fc.constantFrom('all' as const, 'any' as const),
      of: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), of: tie('tree') }),
  ),
}));
const claims = fc.record(
  {
    scope: fc.constantFrom('a', 'a b', ''),
    x: fc.constantFrom(1, 2, null),
    y: fc.constantFrom(1, 2),
    acr: fc.constantFrom('mfa', 'pwd'),
  },
  { requiredKeys: [] },
);
const circumstances: Circumstances = {
  request: { received: { method: 'GET' }, target: { host: 'a.example' } },
  context: { now: NOW },
};
const tokenOf = (of: object) => ({ claims: of, profile: anIssuer() }) as unknown as LiveToken['token'];
const not = (of: Requirement): Requirement => ({ kind: 'not', of });
const all = (...of: Requirement[]): Requirement => ({ kind: 'all', of });
const any = (...of: Requirement[]): Requirement => ({ kind: 'any', of });

const LAWS: Readonly<
  Record<string, (a: Requirement, b: Requirement) => readonly [Requirement, Requirement]>
> = {
  'not of not': (a) => [not(not(a)), a],
  'not of all': (a, b) => [not(all(a, b)), any(not(a), not(b))],
  'not of any': (a, b) => [not(any(a, b)), all(not(a), not(b))],
  'order does not count': (a, b) => [all(a, b), all(b, a)],
  'one alone': (a) => [all(a), any(a)],
  absorption: (a, b) => [all(a, any(a, b)), a],
};

describe('requirements', () => {
  it.each(Object.entries(LAWS))('hold as logic says: %s', (_, law) => {
    fc.assert(
      fc.property(tree, tree, claims, (a, b, those) => {
        const [left, right] = law(a, b);
        const token = tokenOf(those);
        expect(requirementHolds(left, token, circumstances)).toBe(
          requirementHolds(right, token, circumstances),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('are refused with a reason exactly where they do not hold, and scope is asked for only where it would do', () => {
    fc.assert(
      fc.property(tree, claims, (requirement, those) => {
        const token = tokenOf(those);
        const result = authorize({ token } as LiveToken, requirement, circumstances);
        expect(result.ok).toBe(requirementHolds(requirement, token, circumstances));
        if (!result.ok && result.error.reason === 'scope_insufficient') {
          const granted = `${'scope' in those ? those.scope : ''} ${result.error.scope.join(' ')}`.trim();
          expect(
            requirementHolds(
              { kind: 'scope', values: result.error.scope, match: 'all' },
              tokenOf({ ...those, scope: granted }),
              circumstances,
            ),
          ).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
