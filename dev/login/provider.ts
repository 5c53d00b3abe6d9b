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
  /** The token service, a client of it. */
  readonly clientId: string;
  readonly redirectUris: readonly string[];
  readonly console: ConsoleClient;
}

/** The console: a public client whose access tokens are JWTs for control. */
export interface ConsoleClient {
  readonly clientId: string;
  /** Of control: also the audience of its tokens. */
  readonly origin: string;
  /** Space-delimited. Whoever logs in gets what is asked for of it. */
  readonly scope: string;
}

/**
 * An OpenID provider for the demo: `oidc-provider` with two clients and one login page, where anybody is whom they say.
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
  console: page,
}: ProviderOptions): Promise<RequestListener> {
  const { errors, Provider } = await import('oidc-provider');
  const publicClient = (id: string, uris: readonly string[]) => ({
    client_id: id,
    token_endpoint_auth_method: 'none',
    id_token_signed_response_alg: key.alg,
    redirect_uris: uris,
    grant_types: ['authorization_code'],
    response_types: ['code'],
    // Asked each time: one wants to come back as somebody else.
    default_max_age: 0,
  });
  const provider = quietly(
    () =>
      new Provider(issuer, {
        jwks: { keys: [key] },
        clients: [
          publicClient(clientId, redirectUris),
          publicClient(page.clientId, [`${page.origin}/console/`]),
        ],
        clientBasedCORS: (_context: unknown, origin: string, client: RegisteredClient) =>
          client.clientId === page.clientId && origin === page.origin,
        cookies: { keys: [randomBytes(32).toString('hex')] },
        ttl: {
          AccessToken: 300,
          AuthorizationCode: 60,
          Grant: 600,
          IdToken: 300,
          Interaction: 600,
          Session: 600,
        },
        features: {
          devInteractions: { enabled: false },
          rpInitiatedLogout: { enabled: false },
          resourceIndicators: {
            enabled: true,
            getResourceServerInfo: (_context: unknown, resource: string, client: RegisteredClient) => {
              if (client.clientId !== page.clientId || resource !== page.origin) {
                throw new errors.InvalidTarget();
              }
              return {
                scope: page.scope,
                audience: page.origin,
                accessTokenTTL: CONSOLE_SECONDS,
                accessTokenFormat: 'jwt',
                jwt: { sign: { alg: key.alg } },
              };
            },
          },
        },
        findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
        // Nobody is asked for consent.
        loadExistingGrant: async ({ oidc: { client, session } }: LoginContext) => {
          const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
          grant.addOIDCScope('openid');
          if (client.clientId === page.clientId) grant.addResourceScope(page.origin, page.scope);
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

/** How long one stays in the console: it has no refresh token. */
const CONSOLE_SECONDS = 3_600;

interface RegisteredClient {
  readonly clientId: string;
}

interface LoginContext {
  readonly oidc: {
    readonly client: RegisteredClient;
    readonly session: { readonly accountId: string };
  };
}
