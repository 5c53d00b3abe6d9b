/// <reference path="./oidc-provider.d.ts" />
import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { type LoginKey, publicJwks } from './key.ts';
import { serveLoginPage } from './page.ts';
import { quietly } from './quietly.ts';

export interface ProviderOptions {
  /** Its `iss`, and where it is reached. */
  readonly issuer: string;
  readonly key: LoginKey;
  readonly clientId: string;
  readonly redirectUris: readonly string[];
}

/**
 * An OpenID provider for the demo: `oidc-provider` with one client and one login page, where anybody is whom they say.
 * It is loaded when the first person comes to log in; the keys are there at once, since tokens are made with them too.
 */
export function loginProvider(options: ProviderOptions): RequestListener {
  let started: Promise<RequestListener> | undefined;
  return (request, response) => {
    const path = (request.url ?? '/').replace(/\?.*$/s, '');
    if (path === '/jwks' && request.method === 'GET') {
      const headers = { 'content-type': 'application/jwk-set+json', 'cache-control': 'public, max-age=60' };
      response.writeHead(200, headers).end(JSON.stringify(publicJwks(options.key)));
      return;
    }
    started ??= startProvider(options);
    started.then(
      (serve) => serve(request, response),
      () => response.writeHead(500).end(),
    );
  };
}

async function startProvider({
  issuer,
  key,
  clientId,
  redirectUris,
}: ProviderOptions): Promise<RequestListener> {
  const { Provider } = await import('oidc-provider');
  const provider = quietly(
    () =>
      new Provider(issuer, {
        jwks: { keys: [key] },
        clients: [
          {
            client_id: clientId,
            token_endpoint_auth_method: 'none',
            id_token_signed_response_alg: key.alg,
            redirect_uris: redirectUris,
            grant_types: ['authorization_code'],
            response_types: ['code'],
            // Asked each time: one wants to come back as somebody else.
            default_max_age: 0,
          },
        ],
        cookies: { keys: [randomBytes(32).toString('hex')] },
        ttl: {
          AccessToken: 300,
          AuthorizationCode: 60,
          Grant: 600,
          IdToken: 300,
          Interaction: 600,
          Session: 600,
        },
        features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
        findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
        // Nobody is asked for consent.
        loadExistingGrant: async ({ oidc: { client, session } }: LoginContext) => {
          const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
          grant.addOIDCScope('openid');
          await grant.save();
          return grant;
        },
      }),
  );
  const serve = provider.callback();
  return (request, response) =>
    request.url?.startsWith('/interaction/') === true
      ? serveLoginPage(provider, request, response)
      : serve(request, response);
}

interface LoginContext {
  readonly oidc: {
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
  };
}
