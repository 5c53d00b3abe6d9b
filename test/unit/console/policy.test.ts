import { expect, it } from 'vitest';
import {
  boundText,
  changedRoutes,
  type RequirementAsked,
  type RouteSeen,
  requirementText,
  requiresText,
} from '../../../src/console/policy/seen.ts';

const leaf = (asks: string): RequirementAsked => ({ kind: 'equals', asks, of: [] });
const of = (kind: string, ...parts: RequirementAsked[]): RequirementAsked => ({ kind, asks: '', of: parts });
const route = (more: Partial<RouteSeen> = {}): RouteSeen => ({
  name: 'orders',
  host: 'any',
  path: '/orders/*',
  methods: null,
  authentication: 'required',
  issuers: ['main'],
  sources: [],
  requires: of('all', leaf('scope a')),
  revocation: { mode: 'strict', maxStalenessSeconds: 0, onUnavailable: 'reject' },
  enforce: 'refuse',
  limited: false,
  ...more,
});

it('says a requirement in one line that cannot be read otherwise', () => {
  expect(requirementText(of('all'))).toBe('');
  expect(requirementText(of('all', leaf('a'), of('any', leaf('b'), of('all', leaf('c'), leaf('d')))))).toBe(
    'a and (b or c and d)',
  );
  expect(requirementText(of('all', of('not', of('any', leaf('a'), leaf('b'))), of('all')))).toBe(
    'not ((a or b))',
  );
});

it('says what a route requires, public and optional ones too', () => {
  expect(requiresText(route())).toBe('a token with scope a');
  expect(requiresText(route({ requires: of('all') }))).toBe('a token');
  expect(requiresText(route({ authentication: 'none' }))).toBe('nothing: it is public');
  expect(requiresText(route({ authentication: 'optional' }))).toMatch(/^nothing, but of who.* with scope a$/);
});

it('says how soon a revocation bites', () => {
  const bound = (mode: string, maxStalenessSeconds = 0) =>
    boundText(route({ revocation: { mode, maxStalenessSeconds, onUnavailable: 'reject' } }));
  expect([bound('strict'), bound('cached', 5), bound('replicated', 300), bound('off')]).toEqual([
    'with the next request',
    'within 5 s',
    'within 5 min',
    'never, until the token expires',
  ]);
  expect(boundText(route({ authentication: 'none' }))).toBe('no token is looked at');
});

it('finds the routes that a candidate has otherwise, or alone', () => {
  const other = route({ requires: of('all', leaf('scope b')) });
  const added = route({ name: 'added' });
  const routes = [route(), route({ name: 'same' })];
  const candidate = { share: 10, routes: [other, route({ name: 'same' }), added] };
  expect(changedRoutes({ routes, candidate })).toEqual([
    { live: routes[0], tried: other },
    { live: undefined, tried: added },
  ]);
  expect(changedRoutes({ routes, candidate: null })).toEqual([]);
});

it('compares a route of several paths path by path, and tells of one that the candidate has no more', () => {
  const [one, two] = [route(), route({ path: '/invoices/*' })];
  expect(changedRoutes({ routes: [one, two], candidate: { share: 5, routes: [two, one] } })).toEqual([]);
  expect(changedRoutes({ routes: [one, two], candidate: { share: 5, routes: [one] } })).toEqual([
    { live: two, tried: undefined },
  ]);
});
