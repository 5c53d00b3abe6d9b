import { type AuthorizationServer, calculatePKCECodeChallenge } from 'oauth4webapi';
import type { Upstream } from '../policy.ts';
import type { LoginSecrets, LoginWishes } from './login.ts';

/** The authentication request (OpenID Connect Core 1.0 §3.1.2.1) as a URL; the endpoint's own query stays (RFC 6749 §3.1). */
export async function authorizationUrl(
  {
    upstream,
    metadata,
    redirectUri,
  }: { readonly upstream: Upstream; readonly metadata: AuthorizationServer; readonly redirectUri: string },
  { state, nonce, verifier }: LoginSecrets,
  { prompt, loginHint, acrValues, maxAge }: LoginWishes,
): Promise<string> {
  const url = new URL(String(metadata.authorization_endpoint));
  const parameters = {
    response_type: 'code',
    client_id: upstream.clientId,
    redirect_uri: redirectUri,
    scope: upstream.scope.join(' '),
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    prompt,
    login_hint: loginHint,
    acr_values: acrValues,
    max_age: maxAge === undefined ? undefined : String(maxAge),
  };
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
}
