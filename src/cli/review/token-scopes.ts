import { grantsScope } from '../../access/scope.ts';
import type { JsonValue } from '../../core/jose.ts';
import type { ClaimPath } from '../../core/policy.ts';
import { putClaim } from '../stand-in/put-claim.ts';
import type { Atom } from './formula.ts';
import type { Literal } from './presented.ts';

/** What stands in which claim. */
type Granted = ReadonlyMap<ClaimPath, string>;

type ScopeAtom = Extract<Atom, { readonly kind: 'scope' }>;

/**
 * Scopes for all that is asked of them, of one claim or, where two tables of an issuer read different ones, of several;
 * tried by the gateway's own reading. Without a claim of its own an issuer has `scope`, else `scp`: both ways are tried.
 */
export function someScopes(literals: readonly Literal[]): Granted | 'none' | 'undecided' {
  const asked = literals.flatMap(({ atom, holds }) => (atom.kind === 'scope' ? [{ atom, holds }] : []));
  const granted = asked.filter(({ holds }) => holds).map(({ atom }) => atom);
  const found = USUAL.flatMap((usual) =>
    [granted, ...(asked.some(isUsual) ? [[...granted, OTHER]] : [])].map((atoms) => wordsIn(atoms, usual)),
  ).find((words) => asked.every(({ atom, holds }) => isGranted(atom, words) === holds));
  if (found !== undefined) return found;
  return asked.every(
    ({ atom: { claim } }) => claim === undefined || ['scope', 'scp'].includes(claim.join('/')),
  )
    ? 'none'
    : 'undecided';
}

const USUAL: readonly ClaimPath[] = [['scope'], ['scp']];

/** Stands in `scope`, so that `scp` is not looked at. */
const OTHER: ScopeAtom = { kind: 'scope', value: 'another', claim: ['scope'] };

const isUsual = ({ atom }: { readonly atom: ScopeAtom }): boolean => atom.claim === undefined;

function wordsIn(atoms: readonly ScopeAtom[], usual: ClaimPath): Granted {
  const words = new Map<string, readonly [ClaimPath, string]>();
  for (const { value, claim = usual } of atoms) {
    const key = JSON.stringify(claim);
    const [, before] = words.get(key) ?? [];
    words.set(key, [claim, before === undefined ? value : `${before} ${value}`]);
  }
  return new Map(words.values());
}

function isGranted({ value, claim }: ScopeAtom, words: Granted): boolean {
  const claims: Record<string, JsonValue> = {};
  for (const [path, text] of words) putClaim(claims, path, text);
  return grantsScope({ claims, profile: { scopeClaim: claim } }, value);
}
