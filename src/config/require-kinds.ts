import type { RequireTable } from './schema-require.ts';

type Key = keyof RequireTable;

const CLAIM_TESTS = [
  'equals',
  'one_of',
  'contains',
  'contains_any',
  'contains_all',
  'exists',
  'matches',
  'min',
  'max',
  'has_key',
  'equals_param',
  'contains_param',
] as const satisfies readonly Key[];
export type ClaimTest = (typeof CLAIM_TESTS)[number];

/** What a table asks for, by the keys that say so, and the keys that may stand beside them. */
const KINDS = [
  { heads: ['all'], beside: [] },
  { heads: ['any'], beside: [] },
  { heads: ['not'], beside: [] },
  { heads: ['scope'], beside: ['scope_match'] },
  { heads: ['claim'], beside: [...CLAIM_TESTS, 'separator', 'case_sensitive'] },
  { heads: ['subject'], beside: [] },
  { heads: ['client'], beside: [] },
  { heads: ['issuer'], beside: [] },
  { heads: ['max_token_age'], beside: [] },
  { heads: ['acr', 'amr', 'max_auth_age'], beside: [] },
  { heads: ['method'], beside: [] },
  { heads: ['host'], beside: [] },
] as const satisfies readonly { readonly heads: readonly Key[]; readonly beside: readonly Key[] }[];

const HEADS = KINDS.flatMap(({ heads }): readonly Key[] => heads);

/** One kind of requirement a table, and one test of a claim: `min` and `max` are one. Found and allowed, else undefined. */
export function kindFault(
  given: readonly Key[],
): { readonly found: string; readonly allowed: string } | undefined {
  const kinds = KINDS.filter(({ heads }) => heads.some((head: Key) => given.includes(head)));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const found = given.filter((key) => HEADS.includes(key)).join(' and ') || 'no requirement';
    return { found, allowed: `one of ${HEADS.join(', ')}; several go into all = [ … ]` };
  }
  const stray = given.find((key) => ![...kind.heads, ...kind.beside].some((known: Key) => known === key));
  if (stray !== undefined) {
    return {
      found: `${stray} beside ${kind.heads.join(', ')}`,
      allowed: [...kind.heads, ...kind.beside].join(', '),
    };
  }
  return kind.heads[0] === 'claim' ? testFault(given) : undefined;
}

function testFault(given: readonly Key[]) {
  const tests = CLAIM_TESTS.filter((test) => given.includes(test));
  if (tests.length !== 1 && tests.join() !== 'min,max') {
    return { found: tests.join(' and ') || 'no test', allowed: `one of ${CLAIM_TESTS.join(', ')}` };
  }
  const [test = ''] = tests;
  if (given.includes('separator') && !test.startsWith('contains')) {
    return {
      found: `separator beside ${test}`,
      allowed: 'separator beside contains, contains_any, contains_all or contains_param',
    };
  }
  if (given.includes('case_sensitive') && !test.endsWith('_param')) {
    return {
      found: `case_sensitive beside ${test}`,
      allowed: 'case_sensitive beside equals_param or contains_param',
    };
  }
  return undefined;
}
