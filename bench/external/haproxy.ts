import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProgram } from '../processes.ts';
import { AUDIENCE, ISSUER } from '../tokens.ts';
import { type External, type ExternalContext, freePort, programPath, rsaKey, SCOPE } from './contender.ts';

const MOST_CONNECTIONS = 512;

export const haproxy: External = {
  name: 'HAProxy jwt_verify',
  installed: () => programPath('haproxy') !== undefined,
  async start(folder, context) {
    const port = await freePort();
    const file = join(folder, `haproxy-${port}.cfg`);
    const keyFile = join(folder, `haproxy-${port}.pem`);
    const { kid, pem } = rsaKey(context.jwks);
    await writeFile(keyFile, pem);
    await writeFile(file, configuration(port, context, context.verify ? rules(kid, keyFile) : []));
    return startProgram(programPath('haproxy') ?? 'haproxy', ['-db', '-f', file], { port });
  },
};

const configuration = (port: number, context: ExternalContext, policy: readonly string[]): string => `global
  nbthread 1
  maxconn ${MOST_CONNECTIONS}

defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s

frontend gateway
  bind 127.0.0.1:${port}
${policy.map((line) => `  ${line}\n`).join('')}  default_backend origin

backend origin
  server origin 127.0.0.1:${context.originPort} pool-max-conn ${MOST_CONNECTIONS}
`;

/** `json_query` of this version knows no arrays. */
const ROLES = String.raw`'regsub("^.*\"roles\":([[][^]]*[]]).*$","\1")'`;

/** The cheap checks come first, so that a token of another issuer does not cost a signature. */
const rules = (kid: string, keyFile: string): readonly string[] => [
  'http-request deny deny_status 401 if { req.hdr_cnt(Authorization) gt 1 }',
  'http-request set-var(txn.token) http_auth_bearer',
  'http-request set-var(txn.payload) var(txn.token),field(2,.),ub64dec',
  `http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')`,
  `http-request set-var(txn.kid) var(txn.token),jwt_header_query('$.kid')`,
  `http-request set-var(txn.iss) var(txn.payload),json_query('$.iss')`,
  `http-request set-var(txn.aud) var(txn.payload),json_query('$.aud')`,
  `http-request set-var(txn.scope) var(txn.payload),json_query('$.scope')`,
  `http-request set-var(txn.exp) var(txn.payload),json_query('$.exp','int')`,
  'http-request set-var(txn.now) date()',
  'http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }',
  `http-request deny deny_status 401 unless { var(txn.kid) -m str ${kid} }`,
  `http-request deny deny_status 401 unless { var(txn.iss) -m str ${ISSUER} }`,
  `http-request deny deny_status 401 unless { var(txn.aud) -m str ${AUDIENCE} }`,
  'http-request deny deny_status 401 unless { var(txn.exp),sub(txn.now) -m int gt 0 }',
  `http-request deny deny_status 401 unless { var(txn.token),jwt_verify('RS256','${keyFile}') -m int 1 }`,
  `http-request deny deny_status 403 unless { var(txn.scope) -m reg "(^| )${SCOPE}( |\\$)" }`,
  `http-request set-header X-User-Id %[var(txn.payload),json_query('$.sub')]`,
  `http-request set-header X-Tenant %[var(txn.payload),json_query('$.org.tenant_id')]`,
  'http-request del-header X-Roles',
  `http-request set-header X-Roles %[var(txn.payload),${ROLES}] if { var(txn.payload) -m sub '"roles":[' }`,
];
