import { json } from '../http/problem.ts';
import { GRANT_TYPES } from './policy.ts';
import type { Exchange } from './ports.ts';

/** `GET /.well-known/oauth-authorization-server` (RFC 8414 §2): what is there for some client, and nothing else. */
export async function serveMetadata({ ports }: Exchange): Promise<Response> {
  const { issuer, clients, resources } = ports.policy;
  const all = [...clients.values()];
  const grants = Object.entries(GRANT_TYPES).flatMap(([name, type]) =>
    all.some((client) => [...client.grants].some((each) => each === name)) ? [type] : [],
  );
  const methods = [...new Set(all.map(({ authentication }) => authentication.method))].sort();
  const confidential = methods.filter((method) => method !== 'none');
  const algorithms = [
    ...new Set(
      all.flatMap(({ authentication }) =>
        authentication.method === 'private_key_jwt' ? [...authentication.profile.algorithms] : [],
      ),
    ),
  ];
  const signed = algorithms.length > 0;
  const logsIn = all.some((client) => client.grants.has('authorization_code'));
  const body = {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    token_endpoint: `${issuer}/token`,
    token_endpoint_auth_methods_supported: methods,
    ...(signed ? { token_endpoint_auth_signing_alg_values_supported: algorithms } : {}),
    revocation_endpoint: `${issuer}/revoke`,
    revocation_endpoint_auth_methods_supported: methods,
    ...(signed ? { revocation_endpoint_auth_signing_alg_values_supported: algorithms } : {}),
    introspection_endpoint: `${issuer}/introspect`,
    introspection_endpoint_auth_methods_supported: confidential,
    grant_types_supported: grants,
    ...(logsIn
      ? {
          authorization_endpoint: `${issuer}/authorize`,
          response_types_supported: ['code'],
          response_modes_supported: ['query'],
          code_challenge_methods_supported: ['S256'],
          // RFC 9207 §3.
          authorization_response_iss_parameter_supported: true,
        }
      : // RFC 8414 §2: required, and empty where no client can be sent to an authorization endpoint.
        { response_types_supported: [] }),
    scopes_supported: [...new Set([...resources.values()].flatMap(({ scope }) => [...scope]))].sort(),
  };
  return json(200, body, { 'Cache-Control': 'public, max-age=300', 'Access-Control-Allow-Origin': '*' });
}
