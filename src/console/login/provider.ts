import * as oauth from 'oauth4webapi';
import type { LoginSettings } from '../settings.ts';

/**
 * OpenID Connect Core 1.0 §3.1 with PKCE (RFC 7636), as a public client; without `openid`, RFC 6749 §4.1 with the same. What has to outlive the redirect (verifier,
 * state, nonce, where one was) is in sessionStorage from `leave` to `comeBack`, which takes it out before anything else;
 * the tokens are in no storage.
 */
const STORED = 'portcullis-login';

interface Left {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  readonly hash: string;
}

const redirectUri = (): string => `${location.origin}/console/`;

/** Plain http is only ever an issuer of this machine: control's configuration refuses another. */
const options = ({ issuer }: LoginSettings) => ({
  [oauth.allowInsecureRequests]: issuer.startsWith('http:'),
});

const ALGORITHMS = { openid: 'oidc', oauth: 'oauth2' } as const;

async function discover(settings: LoginSettings): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(settings.issuer);
  return await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: ALGORITHMS[settings.discovery], ...options(settings) }),
  );
}

const isOpenId = ({ scope }: LoginSettings): boolean => scope.split(' ').includes('openid');

/** Leaves for the provider. Rejects where it cannot be asked. */
export async function leave(settings: LoginSettings): Promise<void> {
  const { authorization_endpoint: endpoint } = await discover(settings);
  if (endpoint === undefined) throw new Error('The provider names no authorization endpoint.');
  const left: Left = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    hash: location.hash,
  };
  const url = new URL(endpoint);
  const parameters = {
    response_type: 'code',
    client_id: settings.client_id,
    redirect_uri: redirectUri(),
    scope: settings.scope,
    state: left.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(left.verifier),
    code_challenge_method: 'S256',
    ...(isOpenId(settings) ? { nonce: left.nonce } : {}),
    ...named(settings),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  sessionStorage.setItem(STORED, JSON.stringify(left));
  location.assign(url);
}

const named = ({ resource, audience }: LoginSettings): Record<string, string> => ({
  ...(resource === null ? {} : { resource }),
  ...(audience === null ? {} : { audience }),
});

/**
 * The access token, where the page was opened by the provider's answer; undefined: it was not. The answer is taken out of
 * the address and the history first. Rejects with what went wrong.
 * Does NOT check the signature of the ID token: it comes from the token endpoint itself (OpenID Connect Core §3.1.3.7).
 */
export async function comeBack(settings: LoginSettings | null): Promise<string | undefined> {
  const url = new URL(location.href);
  const stored = sessionStorage.getItem(STORED);
  sessionStorage.removeItem(STORED);
  if (!url.searchParams.has('code') && !url.searchParams.has('error')) return undefined;
  const left: Left | undefined = stored === null ? undefined : JSON.parse(stored);
  history.replaceState(null, '', `${url.pathname}${left?.hash ?? ''}`);
  if (settings === null || left === undefined) throw new Error('This login was not begun here.');
  const server = await discover(settings);
  const client: oauth.Client = { client_id: settings.client_id };
  const parameters = oauth.validateAuthResponse(server, client, url, left.state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    redirectUri(),
    left.verifier,
    { additionalParameters: named(settings), ...options(settings) },
  );
  const { access_token: token } = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: isOpenId(settings) ? left.nonce : oauth.expectNoNonce,
    requireIdToken: isOpenId(settings),
  });
  return token;
}
