import { CANARY } from '../core/canary.ts';
import type { Route, TokenProfile } from '../core/policy.ts';
import { compileIssuer } from './compile-issuer.ts';
import { HMAC_SECRET_BYTES } from './defaults.ts';
import { namedSecret } from './named-secret.ts';
import { twinOf } from './own-secret.ts';
import { SECRET } from './place.ts';
import { type ConfigProblem, problem } from './problem.ts';
import type { GatewayTable } from './schema.ts';
import type { Bindings } from './variables.ts';

const PATH = ['GATEWAY', 'canary'];
const ALLOWED = `${SECRET} of at least ${HMAC_SECRET_BYTES.HS256} bytes, used for nothing else`;

/**
 * What a token of the canary must be. It is an issuer of no route: none can name it, and none that names no issuers takes
 * it. Mistakes are added to `problems`.
 */
export function compileCanary(
  { canary: table }: GatewayTable,
  routes: readonly Route[],
  bindings: Bindings,
  problems: ConfigProblem[],
): TokenProfile | undefined {
  if (table === undefined) return undefined;
  if (routes.every(({ access }) => access.revocation.mode === 'off')) {
    problems.push(problem(PATH, 'a canary where no route asks the deny-list', 'a route that does'));
  }
  const { secret: binding } = table;
  if (binding === undefined) {
    problems.push(problem([...PATH, 'secret'], 'nothing', ALLOWED));
    return undefined;
  }
  const at = { path: [...PATH, 'secret'], faulty: () => false, problems };
  const secret = namedSecret(binding, bindings, ALLOWED, at);
  const found =
    secret === undefined
      ? undefined
      : new TextEncoder().encode(secret).length < HMAC_SECRET_BYTES.HS256
        ? 'a secret that is too short'
        : twinOf(bindings, binding);
  if (found !== undefined) problems.push(problem(at.path, found, ALLOWED));
  const raw = {
    issuer: CANARY.issuer,
    audience: CANARY.audience,
    algorithms: [CANARY.algorithm],
    hmac_secret: binding,
    max_token_lifetime: '1h',
  };
  // What is wrong with the secret has been told, under the key that holds it.
  return compileIssuer({ variable: 'GATEWAY', name: CANARY.name, raw }, bindings, []);
}
