/** What a token of a provider looks like, as far as its ISSUERS table and its routes have to know. */
export interface Provider {
  /** How its own documentation calls it. */
  readonly title: string;
  /** What its `iss` looks like. */
  readonly issuer: string;
  /** What the audience of its access tokens looks like, and where one finds it. */
  readonly audience: string;
  /** Keys of the table besides issuer and audience, each with its reason. TOML. */
  readonly keys: readonly string[];
  /** Whether its tokens bear an identifier, without which a route cannot look one up in the deny-list. */
  readonly identifiesTokens: boolean;
}

const RS256 = 'algorithms = ["RS256"]';

export const PROVIDERS = {
  auth0: {
    title: 'Auth0',
    issuer: 'https://acme.eu.auth0.com/',
    audience: 'https://api.acme.example',
    keys: [
      RS256,
      'profile = "rfc9068"   # choose that profile for the API in Auth0, so that tokens carry "jti"',
    ],
    identifiesTokens: true,
  },
  keycloak: {
    title: 'Keycloak',
    issuer: 'https://sso.acme.example/realms/acme',
    audience: 'orders-api',
    keys: [
      RS256,
      '# Give the client an audience mapper in Keycloak: without one "aud" does not name your API.',
    ],
    identifiesTokens: true,
  },
  entra: {
    title: 'Microsoft Entra ID',
    issuer: 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0',
    audience: '66666666-7777-8888-9999-000000000000',
    keys: [
      RS256,
      'jti_claim = "uti"',
      'tenant_claim = "tid"',
      'max_token_lifetime = "28h"   # with continuous access evaluation',
    ],
    identifiesTokens: true,
  },
  cognito: {
    title: 'Amazon Cognito',
    issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example',
    audience: '1example23456789',
    keys: [
      RS256,
      'audience_claim = "client_id"   # access tokens have no "aud"',
      'required_claims = ["token_use"]',
    ],
    identifiesTokens: true,
  },
  okta: {
    title: 'Okta',
    issuer: 'https://acme.okta.com/oauth2/default',
    audience: 'api://default',
    keys: [RS256],
    identifiesTokens: true,
  },
  google: {
    title: 'Google',
    issuer: 'https://accounts.google.com',
    audience: '1234567890-example.apps.googleusercontent.com',
    keys: [RS256],
    identifiesTokens: false,
  },
  firebase: {
    title: 'Firebase',
    issuer: 'https://securetoken.google.com/acme-project',
    audience: 'acme-project',
    keys: [RS256],
    identifiesTokens: false,
  },
  supabase: {
    title: 'Supabase',
    issuer: 'https://exampleproject.supabase.co/auth/v1',
    audience: 'authenticated',
    keys: [
      'algorithms = ["ES256"]   # or "RS256": the kind of the signing key in the project\'s settings',
      'jti_claim = "session_id"   # a revoked identifier ends the session',
    ],
    identifiesTokens: true,
  },
  clerk: {
    title: 'Clerk',
    issuer: 'https://example.clerk.accounts.dev',
    audience: 'https://app.acme.example',
    keys: [
      RS256,
      'audience_claim = "azp"   # the origin of the page; session tokens have no "aud" of their own',
    ],
    identifiesTokens: true,
  },
  zitadel: {
    title: 'Zitadel',
    issuer: 'https://acme.zitadel.cloud',
    audience: '123456789012345678',
    keys: [RS256, '# Choose JWT as the access token type of the application in Zitadel.'],
    identifiesTokens: true,
  },
  own: {
    title: 'an issuer of your own',
    issuer: 'https://id.acme.example',
    audience: 'https://api.acme.example',
    keys: [
      'algorithms = ["ES256"]',
      '# Without OpenID Connect metadata: jwks_uri = "https://id.acme.example/jwks.json"',
    ],
    identifiesTokens: true,
  },
} as const satisfies Readonly<Record<string, Provider>>;

export type ProviderName = keyof typeof PROVIDERS;
