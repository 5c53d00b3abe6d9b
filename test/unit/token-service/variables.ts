/** Tables and secrets of a token service that leave nothing to doubt, for tests to change. */
export const tokenServiceVariables = () => ({
  TOKEN_SERVICE: {
    issuer: 'https://tokens.test',
    sealing_keys: ['SEALING_NEW', 'SEALING_OLD'],
  },
  RESOURCES: {
    orders: { audience: 'https://api.test', scope: ['orders:read', 'orders:write'] },
    billing: { audience: 'https://billing.test', scope: ['bills:read'] },
  },
  UPSTREAMS: {
    corp: { issuer: 'https://id.test', client_id: 'portcullis' },
  },
  CLIENTS: {
    page: {
      client_id: 'page',
      type: 'public',
      grants: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://page.test/callback'],
      scope: ['orders:read', 'orders:write'],
      resources: ['orders'],
    },
    machine: {
      client_id: 'machine',
      type: 'client_secret_basic',
      client_secret: 'MACHINE_SECRET',
      grants: ['client_credentials'],
      scope: ['orders:read', 'bills:read'],
      resources: ['orders', 'billing'],
    },
  },
  SEALING_NEW: 'new-sealing-secret-of-32-characters',
  SEALING_OLD: 'old-sealing-secret-of-32-characters',
  MACHINE_SECRET: 'a-machine-secret-of-32-characters-x',
});
