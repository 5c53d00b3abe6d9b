/** One key of an ISSUERS table; `unset`: written as a comment, for those who need it. */
export type Setting =
  | {
      readonly name: string;
      readonly value: string | readonly string[];
      readonly why?: string;
      readonly unset?: boolean;
    }
  | { readonly note: string };

/** What a token of a provider looks like, as far as its ISSUERS table and its routes have to know. */
export interface Provider {
  /** How its own documentation calls it. */
  readonly title: string;
  /** What its `iss` looks like. */
  readonly issuer: string;
  /** What the audience of its access tokens looks like, and where one finds it. */
  readonly audience: string;
  /** What stands in the table besides issuer and audience, each with its reason. */
  readonly settings: readonly Setting[];
  /** Whether its tokens bear an identifier, without which a route cannot look one up in the deny-list. */
  readonly identifiesTokens: boolean;
}

const RS256: Setting = { name: 'algorithms', value: ['RS256'] };

export const PROVIDERS = {
  auth0: {
    title: 'Auth0',
    issuer: 'https://acme.eu.auth0.com/',
    audience: 'https://api.acme.example',
    settings: [
      RS256,
      {
        name: 'profile',
        value: 'rfc9068',
        why: 'choose that profile for the API in Auth0, so that tokens carry "jti"',
      },
    ],
    identifiesTokens: true,
  },
  keycloak: {
    title: 'Keycloak',
    issuer: 'https://sso.acme.example/realms/acme',
    audience: 'orders-api',
    settings: [
      RS256,
      { note: 'Give the client an audience mapper in Keycloak: without one "aud" does not name your API.' },
    ],
    identifiesTokens: true,
  },
  entra: {
    title: 'Microsoft Entra ID',
    issuer: 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0',
    audience: '66666666-7777-8888-9999-000000000000',
    settings: [
      RS256,
      { name: 'jti_claim', value: 'uti' },
      { name: 'tenant_claim', value: 'tid' },
      { name: 'max_token_lifetime', value: '28h', why: 'with continuous access evaluation' },
    ],
    identifiesTokens: true,
  },
  cognito: {
    title: 'Amazon Cognito',
    issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example',
    audience: '1example23456789',
    settings: [
      RS256,
      { name: 'audience_claim', value: 'client_id', why: 'access tokens have no "aud"' },
      { name: 'required_claims', value: ['token_use'] },
    ],
    identifiesTokens: true,
  },
  okta: {
    title: 'Okta',
    issuer: 'https://acme.okta.com/oauth2/default',
    audience: 'api://default',
    settings: [RS256],
    identifiesTokens: true,
  },
  google: {
    title: 'Google',
    issuer: 'https://accounts.google.com',
    audience: '1234567890-example.apps.googleusercontent.com',
    settings: [RS256],
    identifiesTokens: false,
  },
  firebase: {
    title: 'Firebase',
    issuer: 'https://securetoken.google.com/acme-project',
    audience: 'acme-project',
    settings: [RS256],
    identifiesTokens: false,
  },
  supabase: {
    title: 'Supabase',
    issuer: 'https://exampleproject.supabase.co/auth/v1',
    audience: 'authenticated',
    settings: [
      {
        name: 'algorithms',
        value: ['ES256'],
        why: 'or "RS256": the kind of the signing key in the project\'s settings',
      },
      { name: 'jti_claim', value: 'session_id', why: 'a revoked identifier ends the session' },
    ],
    identifiesTokens: true,
  },
  clerk: {
    title: 'Clerk',
    issuer: 'https://example.clerk.accounts.dev',
    audience: 'https://app.acme.example',
    settings: [
      RS256,
      {
        name: 'audience_claim',
        value: 'azp',
        why: 'the origin of the page; session tokens have no "aud" of their own',
      },
    ],
    identifiesTokens: true,
  },
  zitadel: {
    title: 'Zitadel',
    issuer: 'https://acme.zitadel.cloud',
    audience: '123456789012345678',
    settings: [RS256, { note: 'Choose JWT as the access token type of the application in Zitadel.' }],
    identifiesTokens: true,
  },
  own: {
    title: 'an issuer of your own',
    issuer: 'https://id.acme.example',
    audience: 'https://api.acme.example',
    settings: [
      { name: 'algorithms', value: ['ES256'] },
      {
        name: 'jwks_uri',
        value: 'https://id.acme.example/jwks.json',
        why: 'without OpenID Connect metadata',
        unset: true,
      },
    ],
    identifiesTokens: true,
  },
} as const satisfies Readonly<Record<string, Provider>>;

export type ProviderName = keyof typeof PROVIDERS;
