import type { Algorithm } from '../core/jose.ts';
import type { TokenProfile } from '../core/policy.ts';
import { compileEncryption } from './compile-encryption.ts';
import { compileKeys } from './compile-keys.ts';
import { compileTemplate } from './compile-template.ts';
import { ISSUER_DEFAULTS } from './defaults.ts';
import { durationText } from './duration.ts';
import { addressFaults } from './issuer-address.ts';
import type { Reading } from './place.ts';
import { type ConfigProblem, type PathSegment, problem, problemAt, quoted } from './problem.ts';
import { type IssuerTable, issuerTable } from './schema.ts';
import { readTable } from './table.ts';
import type { Bindings, NamedTable } from './variables.ts';

/**
 * Checks one `[vars.ISSUERS.<name>]` table: whose access tokens, and where the keys come from. Mistakes are added to `problems`; with any there, the
 * result serves only to find more.
 */
export function compileIssuer(
  { variable, name, raw }: NamedTable,
  bindings: Bindings,
  problems: ConfigProblem[],
): TokenProfile | undefined {
  const path = [variable, name];
  const read = readTable(issuerTable, raw, path, problems);
  if (read === undefined) return undefined;
  const { value: table, faulty } = read;
  if (table.issuer === undefined && !faulty('issuer')) {
    problems.push(problem([...path, 'issuer'], 'nothing', 'the exact text of the "iss" claim'));
  }
  if (table.audience === undefined && !faulty('audience') && table.allow_no_audience !== true) {
    problems.push(
      problem(
        [...path, 'audience'],
        'nothing',
        'the audience of this gateway, or a list of them (RFC 7519 §4.1.3)',
      ),
    );
  }
  for (const { key, found, allowed, hint } of addressFaults(table.issuer, table.jwks_uri)) {
    problems.push(problem([...path, key], found, allowed, hint));
  }
  const algorithms = new Set<Algorithm>(
    table.algorithms ??
      (table.hmac_secret === undefined ? ISSUER_DEFAULTS.algorithms : ISSUER_DEFAULTS.hmacAlgorithms),
  );
  const reading = { path, faulty, problems };
  const source = compileKeys(table, algorithms, bindings, reading);
  const template = compileTemplate(table, reading);
  const encryption = compileEncryption(table, bindings, reading);
  checkLifetime(table, reading);
  const types = compileTypes(table, path, problems);
  const { issuer, audience = [] } = table;
  if (issuer === undefined || source === undefined || faulty('audience')) return undefined;
  if (table.audience === undefined && table.allow_no_audience !== true) return undefined;
  const profile = table.profile ?? 'jwt';
  return {
    name,
    issuer,
    template,
    audience: [...new Set([audience].flat())],
    audienceOptional: table.allow_no_audience ?? false,
    audienceClaim: table.audience_claim ?? ISSUER_DEFAULTS.audienceClaim,
    jtiClaim: table.jti_claim ?? ISSUER_DEFAULTS.jtiClaim,
    scopeClaim: table.scope_claim?.path,
    algorithms,
    keys: { name, issuer, algorithms, source },
    types,
    typeRequired: table.type_required ?? profile === 'rfc9068',
    profile,
    numericSubject: table.numeric_subject ?? ISSUER_DEFAULTS.numericSubject,
    expiry: table.allow_no_expiry ? 'optional' : 'required',
    clockToleranceSeconds: (table.clock_tolerance ?? ISSUER_DEFAULTS.clockTolerance) / 1_000,
    maxTokenAgeSeconds: table.max_token_age === undefined ? undefined : table.max_token_age / 1_000,
    requiredClaims: [...new Set(table.required_claims)],
    tenantClaim: table.tenant_claim?.path,
    maxTokenLifetimeSeconds: (table.max_token_lifetime ?? ISSUER_DEFAULTS.maxTokenLifetime) / 1_000,
    lifetimeEnforced: table.max_token_lifetime !== undefined,
    encryption,
  };
}

/** A token without `exp` ends by its age alone, and a revocation of it must last as long. */
function checkLifetime(table: IssuerTable, { path, faulty, problems }: Reading): void {
  if (table.allow_no_expiry !== true) return;
  const { max_token_age: age, profile } = table;
  const lifetime = table.max_token_lifetime ?? ISSUER_DEFAULTS.maxTokenLifetime;
  if (profile === 'rfc9068') {
    const allowed = 'no allow_no_expiry: profile = "rfc9068" demands "exp" (RFC 9068 §2.2)';
    problems.push(problem([...path, 'allow_no_expiry'], 'true', allowed));
  }
  if (age === undefined && !faulty('max_token_age')) {
    const allowed = 'a greatest age, counted from "iat": without it such a token is good for ever';
    problems.push(problem([...path, 'max_token_age'], 'nothing beside allow_no_expiry', allowed));
  } else if (age !== undefined && age > lifetime) {
    const allowed = `at most max_token_lifetime, ${durationText(lifetime)}: a revocation is kept no longer`;
    problems.push(problem([...path, 'max_token_age'], durationText(age), allowed));
  }
}

/** Media types compare without case and without `application/` (RFC 7515 §4.1.9). */
const foldType = (type: string): string => type.toLowerCase().replace(/^application\//, '');

function compileTypes(
  table: IssuerTable,
  path: readonly PathSegment[],
  problems: ConfigProblem[],
): ReadonlySet<string> {
  if (table.profile !== 'rfc9068') return new Set((table.types ?? ISSUER_DEFAULTS.types).map(foldType));
  const other = (table.types ?? []).filter((type) => foldType(type) !== 'at+jwt');
  if (other.length > 0) {
    problems.push(
      problem(
        [...path, 'types'],
        quoted(other),
        '"at+jwt" alone, as profile = "rfc9068" says (RFC 9068 §2.1)',
      ),
    );
  }
  if (table.type_required === false) {
    problems.push(
      problemAt([...path, 'type_required'], false, 'true, as profile = "rfc9068" says (RFC 9068 §4)'),
    );
  }
  return new Set(ISSUER_DEFAULTS.profileTypes);
}
