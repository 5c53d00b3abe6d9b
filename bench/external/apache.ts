import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProgram } from '../processes.ts';
import { AUDIENCE, ISSUER } from '../tokens.ts';
import { type External, folderWith, freePort, programPath, rsaKey, SCOPE } from './contender.ts';

const MODULE_FOLDERS = ['/usr/lib/apache2/modules', '/usr/lib64/httpd/modules', '/etc/httpd/modules'];
const PROXY_MODULES = ['mpm_event', 'proxy', 'proxy_http', 'authz_core', 'headers'];
const VERIFY_MODULES = ['authn_core', 'authz_user', 'auth_openidc'];
const MOST_CONNECTIONS = 64;
/** Apache changes to an account when root starts it, and will not serve as root. */
const NOBODY = 65_534;

const library = (module: string): string => `mod_${module}.so`;
const moduleFolder = (): string | undefined =>
  folderWith(MODULE_FOLDERS, [...PROXY_MODULES, ...VERIFY_MODULES].map(library));

export const apache: External = {
  name: 'Apache mod_auth_openidc',
  installed: () => programPath('apache2', 'httpd') !== undefined && moduleFolder() !== undefined,
  async start(folder, { originPort, jwks, verify }) {
    const port = await freePort();
    const files = join(folder, `apache-${port}`);
    const { kid, pem } = rsaKey(jwks);
    await mkdir(files);
    await writeFile(`${files}/key.pem`, pem);
    const modules = [...PROXY_MODULES, ...(verify ? VERIFY_MODULES : [])];
    const text = `${modules.map((name) => `LoadModule ${name}_module "${moduleFolder()}/${library(name)}"\n`).join('')}
${configuration(files, port, originPort)}${verify ? policy(kid, `${files}/key.pem`) : ''}`;
    await writeFile(`${files}/httpd.conf`, text);
    const args = ['-X', '-d', files, '-f', `${files}/httpd.conf`];
    const env = { TMPDIR: files };
    return startProgram(programPath('apache2', 'httpd') ?? 'httpd', args, { port, env });
  },
};

const configuration = (files: string, port: number, originPort: number): string => `ServerName gateway.test
Listen 127.0.0.1:${port}
User "#${NOBODY}"
Group "#${NOBODY}"
PidFile "${files}/httpd.pid"
DefaultRuntimeDir "${files}"
Mutex "file:${files}" default
ErrorLog "${files}/error.log"
LogLevel crit
ServerLimit 1
StartServers 1
ThreadLimit ${MOST_CONNECTIONS}
ThreadsPerChild ${MOST_CONNECTIONS}
MaxRequestWorkers ${MOST_CONNECTIONS}
KeepAlive On
KeepAliveTimeout 60
MaxKeepAliveRequests 0
ProxyAddHeaders Off
ProxyPass "/" "http://127.0.0.1:${originPort}/" enablereuse=On keepalive=On max=${MOST_CONNECTIONS}
`;

/**
 * `exp` is optional to the module and it looks neither at `iss` nor at `aud`, so they are required here. An expression
 * that asks for the user is evaluated again once there is one.
 */
const policy = (kid: string, keyFile: string): string => `OIDCOAuthVerifyCertFiles "${kid}#${keyFile}"
OIDCPassClaimsAs environment
<Location "/">
  AuthType oauth20
  <RequireAll>
    Require claim "iss:${ISSUER}"
    Require claim "aud:${AUDIENCE}"
    Require expr "-n %{REMOTE_USER} && -n reqenv('OIDC_CLAIM_exp')"
    Require claim "scope~(^| )${SCOPE}( |$)"
  </RequireAll>
  RequestHeader set X-User-Id "%{OIDC_CLAIM_sub}e"
  RequestHeader set X-Tenant "%{OIDC_CLAIM_org}e"
  RequestHeader edit X-Tenant "^.*\\"tenant_id\\": *\\"([^\\"]*)\\".*$" "$1"
  RequestHeader set X-Roles "%{OIDC_CLAIM_roles}e"
  RequestHeader edit* X-Roles "," "\\",\\""
  RequestHeader edit X-Roles "^(.*)$" "[\\"$1\\"]"
</Location>
`;
