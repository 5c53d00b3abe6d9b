import type { JsonValue } from '../../core/jose.ts';
import type { PathParameters } from '../../core/path-parameter.ts';
import type { ClaimPath, TokenProfile } from '../../core/policy.ts';
import type { ClaimRequirement, HostPattern, Leaf, Requirement } from '../../core/requirement.ts';

/** What a token may meet or not, no part of which is an alternative of its own. */
export type Atom =
  /** `claim`: where its issuer puts scopes; undefined: `scope`, else `scp`. */
  | { readonly kind: 'scope'; readonly value: string; readonly claim: ClaimPath | undefined }
  | { readonly kind: 'client'; readonly values: readonly string[] }
  /** The clock tolerance is within. */
  | { readonly kind: 'age'; readonly of: 'iat' | 'auth_time'; readonly maxSeconds: number }
  | { readonly kind: 'claim'; readonly test: ClaimRequirement };

/** A requirement in negation normal form, of one issuer's tokens and one region's requests. */
export type Formula =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Formula[] }
  | { readonly kind: 'literal'; readonly atom: Atom; readonly holds: boolean; readonly key: string };

/** What is settled before a token's claims are. */
export interface Settled {
  /** The issuer's table in this policy. */
  readonly profile: Pick<TokenProfile, 'name' | 'scopeClaim' | 'clockToleranceSeconds'>;
  readonly method: string;
  readonly host: string;
  /** Which segment each parameter of this policy's route is. */
  readonly parameters: ReadonlyMap<string, number>;
}

const TRUE: Formula = { kind: 'all', of: [] };
const FALSE: Formula = { kind: 'any', of: [] };

/** `holds` false: of what does not meet the requirement. */
export function formulaOf(requirement: Requirement, settled: Settled, holds = true): Formula {
  switch (requirement.kind) {
    case 'all':
    case 'any': {
      const kind = (requirement.kind === 'all') === holds ? 'all' : 'any';
      return { kind, of: requirement.of.map((each) => formulaOf(each, settled, holds)) };
    }
    case 'not':
      return formulaOf(requirement.of, settled, !holds);
    default:
      return leafFormula(requirement, settled, holds);
  }
}

function leafFormula(leaf: Leaf, settled: Settled, holds: boolean): Formula {
  const both = (kind: 'all' | 'any', of: readonly Formula[]): Formula => ({
    kind: (kind === 'all') === holds ? 'all' : 'any',
    of,
  });
  const constant = (value: boolean): Formula => (value === holds ? TRUE : FALSE);
  switch (leaf.kind) {
    case 'scope':
      return both(
        leaf.match,
        leaf.values.map((value) =>
          literal({ kind: 'scope', value, claim: settled.profile.scopeClaim }, holds),
        ),
      );
    case 'client':
      return literal({ kind: 'client', values: leaf.values.toSorted() }, holds);
    case 'issuer':
      return constant(leaf.values.includes(settled.profile.name));
    case 'method':
      return constant(leaf.values.includes(settled.method));
    case 'host':
      return constant(leaf.values.some((pattern) => isHostOf(pattern, settled.host)));
    case 'token_age':
      return literal(age('iat', leaf.maxSeconds, settled), holds);
    case 'authentication': {
      const { acr, amr = [], maxAgeSeconds } = leaf;
      return both('all', [
        ...(acr ? [claim({ kind: 'one_of', name: 'acr', path: ['acr'], values: acr }, holds)] : []),
        ...amr.map((value) => element({ name: 'amr', path: ['amr'] }, value, holds)),
        ...(maxAgeSeconds === undefined ? [] : [literal(age('auth_time', maxAgeSeconds, settled), holds)]),
      ]);
    }
    case 'contains_any':
    case 'contains_all':
      return both(
        leaf.kind === 'contains_all' ? 'all' : 'any',
        leaf.values.map((value) => claim({ ...leaf, kind: 'contains_any', values: [value] }, holds)),
      );
    case 'contains': {
      return element(leaf, leaf.value, holds);
    }
    case 'equals': {
      const { name, path, value } = leaf;
      return claim({ name, path, kind: 'one_of', values: [value] }, holds);
    }
    case 'equals_param':
    case 'contains_param': {
      const segment = settled.parameters.get(leaf.parameter);
      return claim({ ...leaf, parameter: parameterKey(segment) }, holds);
    }
    default:
      return claim(leaf, holds);
  }
}

const age = (of: 'iat' | 'auth_time', maxSeconds: number, { profile }: Settled): Atom => ({
  kind: 'age',
  of,
  maxSeconds: maxSeconds + profile.clockToleranceSeconds,
});

/** By their place in the path: routes may call one segment by different names. */
export const parameterKey = (segment: number | undefined): string => `segment ${segment ?? 'none'}`;

/** The parameters of a request as formulas name them. */
export const parametersByPlace = (path: string): PathParameters =>
  new Map(
    path
      .split('/')
      .slice(1)
      .map((raw, index) => [parameterKey(index), { raw, value: raw }]),
  );

const element = (
  { name, path }: Pick<ClaimRequirement, 'name' | 'path'>,
  value: JsonValue,
  holds: boolean,
): Formula => claim({ name, path, kind: 'contains_any', values: [value], separator: undefined }, holds);

const claim = (test: ClaimRequirement, holds: boolean): Formula => literal({ kind: 'claim', test }, holds);

function literal(atom: Atom, holds: boolean): Formula {
  return { kind: 'literal', atom, holds, key: keyOf(atom) };
}

/** The same for two atoms that ask the same, wherever and however they were written. */
function keyOf(atom: Atom): string {
  if (atom.kind !== 'claim') return JSON.stringify(atom);
  const { name: _name, at: _at, ...test } = atom.test;
  const sorted =
    test.kind === 'one_of'
      ? { ...test, values: test.values.map((value) => JSON.stringify(value)).toSorted() }
      : test;
  return JSON.stringify(Object.entries(sorted).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const isHostOf = ({ kind, value }: HostPattern, host: string): boolean =>
  kind === 'exact' ? host === value : host.endsWith(`.${value}`) && host.length > value.length + 1;
