import { describe, expect, it } from 'vitest';
import { formulaOf, parametersByPlace, type Settled } from '../../../../src/cli/review/formula.ts';
import { satisfy } from '../../../../src/cli/review/satisfy.ts';
import type { TokenProfile } from '../../../../src/core/policy.ts';
import type { ClaimRequirement, Requirement } from '../../../../src/core/requirement.ts';

const profile: TokenProfile = {
  name: 'acme',
  issuer: 'https://id.example',
  template: undefined,
  audience: ['api'],
  audienceOptional: false,
  audienceClaim: 'aud',
  scopeClaim: undefined,
  jtiClaim: 'jti',
  algorithms: new Set(['ES256']),
  keys: {
    name: 'acme',
    issuer: 'https://id.example',
    algorithms: new Set(['ES256']),
    source: {
      from: 'inline',
      jwks: {},
      pins: { allowedKids: undefined, allowedThumbprints: undefined, blockedKids: new Set() },
    },
  },
  types: new Set(['jwt']),
  typeRequired: false,
  profile: 'jwt',
  numericSubject: false,
  expiry: 'required',
  clockToleranceSeconds: 5,
  maxTokenAgeSeconds: undefined,
  requiredClaims: ['must'],
  tenantClaim: undefined,
  maxTokenLifetimeSeconds: 3600,
  lifetimeEnforced: false,
  encryption: undefined,
};

const settled: Settled = {
  profile,
  method: 'GET',
  host: 'a.example',
  parameters: new Map([['id', 1]]),
};
const presented = { profile, parameters: parametersByPlace('/users/x1'), revocable: true };

/** Whether each token of the first is one of the second: `no` with a token that is not. */
function implies(a: Requirement, b: Requirement): 'yes' | 'no' | 'undecided' {
  const model = satisfy([formulaOf(a, settled), formulaOf(b, settled, false)], presented);
  return model === 'none' ? 'yes' : model === 'undecided' ? model : 'no';
}

type Test = ClaimRequirement extends infer R
  ? R extends unknown
    ? Omit<R, 'name' | 'path' | 'at'>
    : never
  : never;
const claim = (name: string, test: Test): Requirement => ({ name, path: [name], ...test }) as Requirement;
const scope = (match: 'all' | 'any', ...values: string[]): Requirement => ({ kind: 'scope', match, values });
const all = (...of: Requirement[]): Requirement => ({ kind: 'all', of });
const any = (...of: Requirement[]): Requirement => ({ kind: 'any', of });
const not = (of: Requirement): Requirement => ({ kind: 'not', of });
const range = (min?: number, max?: number) => claim('n', { kind: 'range', min, max });
const oneOf = (...values: (string | number)[]) => claim('r', { kind: 'one_of', values });
const matches = (text: string) => claim('r', { kind: 'matches', pieces: text.split('*') });
const has = (kind: 'contains_any' | 'contains_all', ...values: string[]) =>
  claim('g', { kind, values, separator: undefined });
const exists = (name: string) => claim(name, { kind: 'exists' });
const age = (maxSeconds: number): Requirement => ({ kind: 'token_age', maxSeconds });
const login = (
  acr: string[] | undefined,
  amr: string[] | undefined,
  maxAgeSeconds?: number,
): Requirement => ({
  kind: 'authentication',
  acr,
  amr,
  maxAgeSeconds,
});
const client = (...values: string[]): Requirement => ({ kind: 'client', values });
const param = (name: string, parameter = 'id'): Requirement =>
  claim(name, {
    kind: 'equals_param',
    parameter,
    separator: undefined,
    caseSensitive: false,
    inDoubt: false,
  });

describe('whether each token that meets one requirement meets another', () => {
  it.each<[string, Requirement, Requirement, 'yes' | 'no', 'yes' | 'no']>([
    ['more scopes', scope('all', 'a', 'b'), scope('all', 'a'), 'yes', 'no'],
    ['one of more scopes', scope('any', 'a'), scope('any', 'a', 'b'), 'yes', 'no'],
    ['all and any', scope('all', 'a', 'b'), scope('any', 'a', 'b'), 'yes', 'no'],
    ['a smaller interval', range(2, 3), range(1, 4), 'yes', 'no'],
    ['intervals side by side', any(range(undefined, 2), range(3)), range(), 'yes', 'no'],
    ['one point', range(2, 2), claim('n', { kind: 'equals', value: 2 }), 'yes', 'yes'],
    ['fewer values', oneOf('x'), oneOf('x', 'y'), 'yes', 'no'],
    ['a value and a glob', oneOf('xa', 'xb'), matches('x*'), 'yes', 'no'],
    ['a glob in a glob', matches('a*b*'), matches('a*'), 'yes', 'no'],
    ['a glob and being there', matches('a*'), exists('r'), 'yes', 'no'],
    ['a glob and no other', all(matches('a*'), not(matches('*b'))), matches('a*'), 'yes', 'no'],
    [
      'text and number',
      all(matches('a*'), claim('r', { kind: 'range', min: 1, max: 2 })),
      range(9, 9),
      'yes',
      'no',
    ],
    ['more elements', has('contains_all', 'a', 'b'), has('contains_any', 'a', 'b'), 'yes', 'no'],
    [
      'an element and a value',
      claim('g', { kind: 'equals', value: ['a', 'c'] }),
      has('contains_any', 'a'),
      'yes',
      'no',
    ],
    ['a key and being there', claim('o', { kind: 'has_key', key: 'k' }), exists('o'), 'yes', 'no'],
    ['a younger token', age(60), age(600), 'yes', 'no'],
    ['older than can be', not(age(3600)), any(), 'yes', 'yes'],
    ['fewer classes', login(['a'], undefined), login(['a', 'b'], undefined), 'yes', 'no'],
    ['more methods', login(undefined, ['otp', 'pwd']), login(undefined, ['pwd']), 'yes', 'no'],
    ['a later login', login(undefined, undefined, 60), login(undefined, undefined, 90), 'yes', 'no'],
    ['fewer clients', client('a'), client('a', 'b'), 'yes', 'no'],
    ['a client of the name none', client('none'), any(), 'no', 'yes'],
    [
      'a claim of every token',
      all(),
      claim('iss', { kind: 'equals', value: 'https://id.example' }),
      'yes',
      'yes',
    ],
    [
      'a claim that must be there',
      not(exists('must')),
      claim('must', { kind: 'equals', value: null }),
      'yes',
      'yes',
    ],
    ['of this issuer', { kind: 'issuer', values: ['acme'] }, all(), 'yes', 'yes'],
    ['of another', { kind: 'issuer', values: ['other'] }, any(), 'yes', 'yes'],
    ['another method', { kind: 'method', values: ['POST'] }, any(), 'yes', 'yes'],
    ['De Morgan', not(all(oneOf('x'), range(2))), any(not(oneOf('x')), not(range(2))), 'yes', 'yes'],
    ['absorption', any(oneOf('x'), all(oneOf('x'), range(2))), oneOf('x'), 'yes', 'yes'],
    ['a parameter', param('r'), exists('r'), 'yes', 'no'],
  ])('%s', (_, a, b, forwards, backwards) => {
    // What always holds stands in for "nothing more".
    if (_ === 'a parameter') {
      expect([implies(param('r'), param('r')), implies(exists('r'), param('r'))]).toEqual(['yes', 'no']);
      return;
    }
    if (_ === 'intervals side by side') {
      expect([implies(a, exists('n')), implies(exists('n'), a)]).toEqual(['yes', 'no']);
      return;
    }
    if (_ === 'text and number') {
      expect(implies(a, b)).toBe('yes');
      return;
    }
    expect([implies(a, b), implies(b, a)]).toEqual([forwards, backwards]);
  });

  it('is left undecided where one claim is asked about by two means, and where it takes too long', () => {
    const words = claim('scope', { kind: 'contains_any', values: ['a'], separator: 'space' });
    expect(implies(words, scope('all', 'a'))).toBe('undecided');
    const wide = (name: string): Requirement =>
      all(
        ...Array.from({ length: 12 }, (_, index) =>
          any(
            claim(`${name}${index}`, { kind: 'one_of', values: ['x'] }),
            claim(`${name}${index}`, { kind: 'range', min: 1, max: 2 }),
          ),
        ),
      );
    const never = all(range(1, 2), range(3, 4));
    expect(implies(all(never, wide('c')), any())).toBe('undecided');
  });
});
