import type { Route, TokenProfile } from '../core/policy.ts';
import { isDotted, pointerHint, pointerTo } from './claim-path.ts';
import { type ConfigProblem, type PathSegment, problem, quoted } from './problem.ts';
import { valueAt } from './table.ts';
import type { NamedTable, Variables } from './variables.ts';

/** What compiles and may be meant, but mostly is not. */

export function warnOfUnused(
  tables: readonly NamedTable[],
  routes: readonly Route[],
  guarding: readonly (TokenProfile | undefined)[],
  warnings: ConfigProblem[],
): void {
  const used = new Set(
    routes.flatMap(({ access: { profiles } }) =>
      [...profiles.values()].flatMap((those) => those.map(({ name }) => name)),
    ),
  );
  for (const { variable, name } of tables) {
    if (used.has(name) || guarding.some((profile) => profile?.name === name)) continue;
    warnings.push(problem([variable, name], 'an issuer that no route accepts', 'issuers that a route names'));
  }
}

/** A route that leaves `issuers` out takes the tokens of every issuer there is, and of the next one that is added. */
export function warnOfRoutes(
  { issuers, routes: tables }: Pick<Variables, 'issuers' | 'routes'>,
  routes: readonly Route[],
  warnings: ConfigProblem[],
): void {
  for (const { variable, name, raw } of tables) {
    const route = routes.find((each) => each.name === name);
    const takesTokens = route !== undefined && route.access.authentication !== 'none';
    if (takesTokens && issuers.length > 1 && valueAt(raw, ['issuers']) === undefined) {
      const found = `nothing, so tokens of all ${issuers.length} issuers are accepted`;
      const all = quoted(issuers.map((issuer) => issuer.name));
      warnings.push(problem([variable, name, 'issuers'], found, `the issuers meant, even if all: [${all}]`));
    }
    if (route?.access.authentication === 'none' && route.upstream.forwardToken) {
      warnings.push(
        problem(
          [variable, name, 'forward_token'],
          'true beside authentication = "none": the origin gets credentials that nobody has verified',
          'an origin that verifies them itself, or false',
        ),
      );
    }
  }
}

/** `realm_access.roles` is one claim with a dot in its name: right for few issuers, and never found at the others. */
export function warnOfDottedClaims({ issuers, routes }: Variables, warnings: ConfigProblem[]): void {
  const inIssuers = issuers.flatMap(({ raw, ...at }) =>
    ['tenant_claim', 'scope_claim'].map((key) => ({ ...at, place: [key], text: valueAt(raw, [key]) })),
  );
  const inRoutes = routes.flatMap(({ raw, ...at }) =>
    claimPlaces(raw).map((place) => ({ ...at, place, text: valueAt(raw, place) })),
  );
  for (const { variable, name, place, text } of [...inIssuers, ...inRoutes]) {
    if (typeof text !== 'string' || !isDotted(text)) continue;
    const allowed = `a claim of that very name; ${quoted([pointerTo(text)])} says so for certain`;
    warnings.push(problem([variable, name, ...place], quoted([text]), allowed, pointerHint(text)));
  }
}

/** Where a route's table addresses claims. */
function claimPlaces(raw: NamedTable['raw']): PathSegment[][] {
  const claims = valueAt(raw, ['claims']);
  const headers = Object(valueAt(raw, ['headers']));
  return [
    ...(Array.isArray(claims) ? claims.map((_, index): PathSegment[] => ['claims', index, 'claim']) : []),
    ...Object.keys(headers).map((header): PathSegment[] =>
      typeof headers[header] === 'string' ? ['headers', header] : ['headers', header, 'claim'],
    ),
  ];
}

/** What a table lets through by name, since somebody has to; and what it costs. */
const ALLOWANCES = {
  allow_no_expiry: [
    'true: a token without "exp" is accepted until max_token_age has passed',
    'an issuer that sets "exp" (RFC 8725 §3.10, RFC 9068 §2.2)',
  ],
  allow_no_audience: [
    'true: a token that names no audience is accepted, wherever it was meant to go',
    'an issuer that sets "aud" (RFC 8725 §3.9)',
  ],
  allow_http: [
    'plain http: whoever is on the way can read and change what is sent',
    'https, or a service binding',
  ],
} as const;

export function warnOfAllowances(tables: readonly NamedTable[], warnings: ConfigProblem[]): void {
  for (const { variable, name, raw } of tables) {
    for (const [key, [found, allowed]] of Object.entries(ALLOWANCES)) {
      const value = valueAt(raw, [key]);
      if (value === undefined || value === false) continue;
      warnings.push(problem([variable, name, key], found, allowed));
    }
  }
}
