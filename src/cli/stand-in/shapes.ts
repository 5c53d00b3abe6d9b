import type { JsonValue } from '../../core/jose.ts';

/** What the access tokens of a provider hold besides issuer, audience, subject and times, as their documentation shows it. */
export const SHAPES: Readonly<Record<string, Readonly<Record<string, JsonValue>>>> = {
  auth0: { azp: 'client-1', permissions: ['orders:read'], scope: 'openid profile orders:read' },
  keycloak: {
    azp: 'client-1',
    sid: '4f3c8d1e-6a3b-4c8f-9a52-0c8f5d3f7b11',
    preferred_username: 'alice',
    realm_access: { roles: ['offline_access', 'orders'] },
    resource_access: { account: { roles: ['view-profile'] } },
    scope: 'profile email',
  },
  'entra-v2': {
    ver: '2.0',
    azp: 'aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb',
    oid: '00000000-0000-0000-66f3-3332eca7ea81',
    tid: '11111111-2222-3333-4444-555555555555',
    scp: 'orders.read',
    roles: ['Orders.Read'],
  },
  cognito: {
    token_use: 'access',
    username: 'alice',
    'cognito:groups': ['editors'],
    scope: 'openid orders/read',
    version: 2,
  },
  okta: { ver: 1, cid: 'client-1', uid: '00uexample', scp: ['openid', 'orders:read'] },
  google: {
    azp: '1234567890-example.apps.googleusercontent.com',
    email: 'alice@acme.example',
    email_verified: true,
  },
  firebase: {
    user_id: 'user-1',
    auth_time: 1_795_000_000,
    firebase: { identities: {}, sign_in_provider: 'password' },
  },
  supabase: {
    role: 'authenticated',
    session_id: '4f3c8d1e-6a3b-4c8f-9a52-0c8f5d3f7b11',
    aal: 'aal1',
    app_metadata: { provider: 'email' },
    is_anonymous: false,
  },
  clerk: { azp: 'https://app.acme.example', sid: 'sess_example', org_id: 'org_example', org_role: 'admin' },
  zitadel: {
    client_id: 'client-1',
    'urn:zitadel:iam:org:project:roles': { editor: { '123456789012345678': 'acme.zitadel.cloud' } },
  },
};
