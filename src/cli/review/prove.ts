import { matchesPieces } from '../../access/glob.ts';
import { parseClaimPath } from '../../config/claim-path.ts';
import type { OriginTarget, Policy, Route, RouteHost, TokenProfile } from '../../core/policy.ts';
import type { Requirement } from '../../core/requirement.ts';
import { buildRouteTable } from '../../routing/route-table.ts';
import { sideOf } from './compare-policies.ts';
import { opennessOf } from './compare-reach.ts';
import { presented, profilesOf, required, sourceOf } from './compare-tokens.ts';
import { openTrial } from './confirm.ts';
import type { Witness } from './difference.ts';
import { type Formula, formulaOf } from './formula.ts';
import { type Region, regionsOf } from './regions.ts';
import type { Pattern } from './requirement-names.ts';
import { satisfy } from './satisfy.ts';
import type { Sentence, Target, Term } from './sentence.ts';

export type Counterexample = Pick<Witness, 'method' | 'url' | 'token'>;

/** `nothing`: the sentence names what the policy does not have, so that it would hold whatever it says. */
export type Proof =
  | { readonly outcome: 'holds'; readonly regions: number }
  | {
      readonly outcome: 'fails';
      readonly route: string;
      readonly counterexample: Counterexample;
      readonly confirmed: boolean;
    }
  | { readonly outcome: 'undecided'; readonly route: string }
  | { readonly outcome: 'nothing'; readonly missing: string };

/**
 * Whether a sentence holds of every request and token, by the regions of the policy. A counterexample is tried on the
 * gateway's own pipeline. CORS preflights do not count: they carry no token, and `preflight` says where they go.
 */
export async function prove(sentence: Sentence, policy: Policy): Promise<Proof> {
  const missing = missingName(sentence, policy);
  if (missing !== undefined) return { outcome: 'nothing', missing };
  const table = buildRouteTable(policy.routes);
  const asked = patternOf(sentence);
  const regions = regionsOf(asked === undefined ? policy.routes : [...policy.routes, asked]);
  let undecided: string | undefined;
  let count = 0;
  for (const region of regions) {
    const { route } = sideOf(policy, table, region.example);
    if (route === undefined || !concerns(sentence, region, route)) continue;
    count += 1;
    const found = counterexampleIn(region, route, sentence);
    if (found === 'undecided') undecided = route.name;
    else if (found !== undefined) {
      const trial = await openTrial({ policy });
      const { passes } = await trial.attempt('policy', found, 'policy');
      return { outcome: 'fails', route: route.name, counterexample: found, confirmed: passes };
    }
  }
  if (count === 0 && sentence.terms.length > 0) return { outcome: 'nothing', missing: NO_REQUEST };
  return undecided === undefined
    ? { outcome: 'holds', regions: count }
    : { outcome: 'undecided', route: undecided };
}

const NO_REQUEST = 'request of which it speaks that a route takes';

function counterexampleIn(
  { example }: Region,
  route: Route,
  { terms }: Sentence,
): Counterexample | 'undecided' | undefined {
  const request = { method: example.method, url: `https://${example.host}${example.path}` };
  if (opennessOf(route) !== 'required') return { ...request, token: undefined };
  let undecided = false;
  for (const profile of profilesOf(route)) {
    const lacking: Formula = { kind: 'any', of: terms.map((term) => lackingFormula(term, route, profile)) };
    // Without a condition no token will do.
    const formulas = [required({ example }, route, profile), ...(terms.length === 0 ? [] : [lacking])];
    const model = satisfy(formulas, presented({ example }, route, profile));
    if (model === 'undecided') undecided = true;
    else if (model !== 'none') {
      return { ...request, token: { issuer: profile.name, wish: model.wish, source: sourceOf(route) } };
    }
  }
  return undecided ? 'undecided' : undefined;
}

/** Of tokens that do not meet the term. */
function lackingFormula(term: Term, route: Route, profile: TokenProfile): Formula {
  const settled = { profile, method: '', host: '', parameters: new Map<string, number>() };
  switch (term.kind) {
    case 'token':
      return { kind: 'any', of: [] };
    case 'scope': {
      const pieces = term.value.split('*');
      const fits = (scope: string) =>
        pieces.length > 1 ? matchesPieces(scope, pieces) : scope === term.value;
      // Of scopes that nothing asks for, a token need not have any.
      const values = [...new Set(scopesIn(route.access.requirement).filter(fits))];
      return formulaOf({ kind: 'scope', values, match: 'any' }, settled, false);
    }
    case 'issuer':
      return formulaOf({ kind: 'issuer', values: [term.value] }, settled, false);
    case 'client':
      return formulaOf({ kind: 'client', values: [term.value] }, settled, false);
    case 'claim': {
      const { name, value } = term;
      const claim = { name, path: parseClaimPath(name) ?? ([name] as const) };
      return formulaOf(
        value === undefined ? { kind: 'exists', ...claim } : { kind: 'equals', ...claim, value },
        settled,
        false,
      );
    }
  }
}

function scopesIn(requirement: Requirement): readonly string[] {
  switch (requirement.kind) {
    case 'all':
    case 'any':
      return requirement.of.flatMap(scopesIn);
    case 'not':
      return scopesIn(requirement.of);
    case 'scope':
      return requirement.values;
    default:
      return [];
  }
}

function concerns({ method, target }: Sentence, { example }: Region, route: Route): boolean {
  if (method !== undefined && method !== example.method) return false;
  switch (target.kind) {
    case 'all':
      return true;
    case 'origin':
      return isOrigin(route.upstream.origin, target.value);
    case 'route':
      return route.name === target.value;
    case 'host':
      return target.value.startsWith('*.')
        ? example.host.endsWith(target.value.slice(1))
        : example.host === target.value;
    case 'path': {
      const { value } = target;
      if (!value.endsWith('/*')) return example.path === value;
      const prefix = value.slice(0, -2);
      return example.path === prefix || example.path.startsWith(`${prefix}/`);
    }
  }
}

/** By its URL, its host, the first label of it, or its binding. */
function isOrigin(origin: OriginTarget, name: string): boolean {
  if (origin.kind === 'service') return [origin.binding, `service:${origin.binding}`].includes(name);
  const { host, hostname } = new URL(origin.origin);
  return [origin.origin, host, hostname, hostname.split('.')[0]].includes(name);
}

/** What the sentence itself tells apart, as a route would. */
function patternOf({ method, target }: Sentence): Pattern | undefined {
  if (method === undefined && target.kind !== 'host' && target.kind !== 'path') return undefined;
  const path = target.kind === 'path' ? target.value : '/*';
  const prefix = path.endsWith('/*');
  const match = {
    host: hostOf(target),
    path: { kind: prefix ? 'prefix' : 'exact', value: prefix ? path.slice(0, -2) : path },
    methods: method === undefined ? undefined : [method],
  } as const;
  return { match, access: { requirement: { kind: 'all', of: [] } } };
}

function hostOf(target: Target): RouteHost {
  if (target.kind !== 'host') return { kind: 'any' };
  const { value } = target;
  return value.startsWith('*.') ? { kind: 'wildcard', value: value.slice(2) } : { kind: 'exact', value };
}

function missingName({ target, terms }: Sentence, { routes, issuers }: Policy): string | undefined {
  if (target.kind === 'route' && !routes.some(({ name }) => name === target.value))
    return `route "${target.value}"`;
  if (target.kind === 'origin' && !routes.some(({ upstream }) => isOrigin(upstream.origin, target.value))) {
    return `origin "${target.value}"`;
  }
  const known = new Set([...issuers, ...routes.flatMap(profilesOf)].map(({ name }) => name));
  const issuer = terms.find((term) => term.kind === 'issuer' && !known.has(term.value));
  return issuer?.kind === 'issuer' ? `issuer "${issuer.value}"` : undefined;
}
