import { required } from '../../config/place.ts';
import { type ConfigProblem, problem, quoted } from '../../config/problem.ts';
import { readTable } from '../../config/table.ts';
import type { Bindings, NamedTable } from '../../config/variables.ts';
import type { JsonObject } from '../../core/jose.ts';
import { secretMembersOf } from '../../core/jwk-members.ts';
import type { EncryptionAlgorithm, Resource } from '../policy.ts';
import { OWN_CLAIMS } from './defaults.ts';
import { resourceTable } from './schema.ts';

/** Checks one `[vars.RESOURCES.<name>]` table. `forbidden`: claims that no token may carry. */
export function compileResource(
  { variable, name, raw }: NamedTable,
  forbidden: ReadonlySet<string>,
  variables: Bindings,
  problems: ConfigProblem[],
): Resource | undefined {
  const path = [variable, name];
  const read = readTable(resourceTable, raw, path, problems);
  if (read === undefined) return undefined;
  const { value: table, faulty } = read;
  const place = { path, faulty, variables, problems };
  const audience = required(table.audience, 'audience', 'the audience of the resource server', place);
  const claims = Object.entries(table.claims ?? {}).map(([claim, at]) => ({ name: claim, path: at.path }));
  for (const { name: claim } of claims) {
    if (OWN_CLAIMS.includes(claim) || forbidden.has(claim)) {
      const allowed = `a claim that is neither forbidden nor the service's own (${quoted(OWN_CLAIMS)})`;
      problems.push(problem([...path, 'claims', claim], 'such a claim', allowed));
    }
  }
  const { encryption_jwk: jwk, encryption_algorithm: algorithm } = table;
  if ((jwk === undefined) !== (algorithm === undefined) && !faulty()) {
    const [there, missing] =
      jwk === undefined
        ? ['encryption_algorithm', 'encryption_jwk']
        : ['encryption_jwk', 'encryption_algorithm'];
    problems.push(problem([...path, missing], 'nothing', `one beside ${there}`));
  }
  if (jwk !== undefined) checkEncryptionKey(jwk, algorithm, [...path, 'encryption_jwk'], problems);
  if (audience === undefined) return undefined;
  return {
    name,
    audience,
    scope: new Set(table.scope),
    claims,
    encryption: jwk && algorithm ? { jwk, algorithm } : undefined,
  };
}

function checkEncryptionKey(
  jwk: JsonObject,
  algorithm: EncryptionAlgorithm | undefined,
  path: readonly string[],
  problems: ConfigProblem[],
): void {
  if (secretMembersOf(jwk).length > 0) {
    problems.push(problem(path, 'a private key', 'the public key of the resource server alone'));
  }
  const type = algorithm === 'RSA-OAEP-256' ? ['RSA'] : ['EC', 'OKP'];
  if (algorithm !== undefined && !type.includes(String(jwk.kty))) {
    problems.push(problem([...path, 'kty'], 'another kind of key', `${quoted(type)} for ${algorithm}`));
  }
}
