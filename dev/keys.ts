import { runAdminCommand } from './admin-command.ts';
import { adminToken } from './demo-token.ts';

/** `portcullis keys` against the token service of the local demo. */
await runAdminCommand({
  name: 'keys',
  file: 'wrangler.token-service',
  port: 'issuer',
  variable: 'PORTCULLIS_TOKEN_SERVICE_URL',
  token: adminToken,
  more: () => [],
});
