import { issuerDoubt } from './issuer-address.ts';
import { ASSUMED_SECRET } from './named-secret.ts';
import { isPlaceholder, NOT_FILLED_IN } from './placeholder.ts';
import { type ConfigProblem, type PathSegment, problem, problemAt, quoted } from './problem.ts';
import { valueAt } from './table.ts';
import type { Bindings, NamedTable, Variables } from './variables.ts';

/** Texts that are taken as they stand, and mostly are not meant so. */
export function warnOfTexts(
  { issuers, routes, gateway }: Pick<Variables, 'issuers' | 'routes' | 'gateway'>,
  bindings: Bindings,
  warnings: ConfigProblem[],
): void {
  for (const { variable, name, raw } of issuers) {
    warnOfIssuer([variable, name], raw, warnings);
    warnOfSpaceInSecret([variable, name, 'hmac_secret'], raw, bindings, warnings);
  }
  for (const { variable, name, raw } of [...issuers, ...routes])
    warnOfPlaceholders([variable, name], raw, warnings);
  if (gateway !== undefined) warnOfPlaceholders(['GATEWAY'], gateway, warnings);
  for (const { variable, name, raw } of routes)
    warnOfTurnedHeaders([variable, name, 'headers'], raw, warnings);
}

function warnOfIssuer(at: readonly PathSegment[], raw: NamedTable['raw'], warnings: ConfigProblem[]): void {
  const issuer = valueAt(raw, ['issuer']);
  const doubt = typeof issuer === 'string' ? issuerDoubt(issuer) : undefined;
  if (doubt !== undefined) warnings.push(problem([...at, doubt.key], doubt.found, doubt.allowed, doubt.hint));
  const audience = valueAt(raw, ['audience']);
  const isList = Array.isArray(audience);
  [audience].flat().forEach((each, index) => {
    if (typeof each !== 'string' || !/[*{}]|,\s|[,\s]https?:/.test(each)) return;
    const allowed = 'the audience as tokens have it, compared exactly: no wildcard, and a list for several';
    warnings.push(problemAt([...at, 'audience', ...(isList ? [index] : [])], each, allowed));
  });
}

/** `echo` pipes a line break along, and what signs mostly has the secret without it. */
function warnOfSpaceInSecret(
  at: readonly PathSegment[],
  raw: NamedTable['raw'],
  bindings: Bindings,
  warnings: ConfigProblem[],
): void {
  const isText = ['utf8', undefined].includes(valueAt(raw, ['hmac_secret_encoding']) as undefined);
  for (const name of [valueAt(raw, ['hmac_secret'])].flat()) {
    const secret = typeof name === 'string' && Object.hasOwn(bindings, name) ? bindings[name] : undefined;
    if (!isText || typeof secret !== 'string' || secret === secret.trim() || secret === ASSUMED_SECRET)
      continue;
    const found = 'a secret with white space at its beginning or end, which counts';
    warnings.push(
      problem(at, found, 'the secret as the issuer has it: printf instead of echo, or no line break'),
    );
  }
}

/** Where any text may stand, and what it is compared with is up to others. */
const COMPARED: ReadonlySet<string> = new Set([
  'equals',
  'one_of',
  'contains',
  'contains_any',
  'contains_all',
  'matches',
]);

function warnOfPlaceholders(at: readonly PathSegment[], value: unknown, warnings: ConfigProblem[]): void {
  if (typeof value === 'string') {
    if (isPlaceholder(value)) warnings.push(problemAt(at, value, 'text as it is meant', NOT_FILLED_IN));
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      if (!COMPARED.has(key))
        warnOfPlaceholders([...at, Array.isArray(value) ? Number(key) : key], member, warnings);
    }
  }
}

/** `sub = "X-User-Id"`: the claim where the header should be. */
function warnOfTurnedHeaders(
  at: readonly PathSegment[],
  raw: NamedTable['raw'],
  warnings: ConfigProblem[],
): void {
  for (const [header, claim] of Object.entries(Object(valueAt(raw, ['headers'])))) {
    if (typeof claim !== 'string' || !/^X-[\w-]+$/.test(claim) || header.startsWith('X-')) continue;
    const found = `a header ${quoted([header])} with the claim ${quoted([claim])}`;
    warnings.push(problem([...at, header], found, 'the header before the equals sign, the claim behind it'));
  }
}
