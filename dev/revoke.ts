import { localUrl } from './addresses.ts';
import { runAdminCommand } from './admin-command.ts';
import { demoToken } from './demo-token.ts';

/** RFC 7515 §7.1: such a token names its issuer itself. */
const isCompactJws = (arg: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(arg);

/** `portcullis revoke` against the local demo: an identifier is the token service's unless `--issuer` says otherwise. */
await runAdminCommand({
  name: 'revoke',
  file: 'wrangler.control',
  port: 'control',
  variable: 'PORTCULLIS_URL',
  token: (demo) => {
    const audience = localUrl(demo.addresses.control);
    return demoToken(demo, { subject: 'demo-admin', audience, scope: 'revocations:write' });
  },
  more: (args, { addresses }) =>
    args.some((arg) => isCompactJws(arg) || arg.startsWith('--issuer'))
      ? []
      : ['--issuer', localUrl(addresses.issuer)],
});
