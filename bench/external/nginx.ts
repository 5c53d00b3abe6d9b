import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProgram } from '../processes.ts';
import { AUDIENCE, ISSUER } from '../tokens.ts';
import {
  type External,
  type ExternalContext,
  folderWith,
  freePort,
  programPath,
  rsaKey,
  SCOPE,
} from './contender.ts';

const MODULE_FOLDERS = ['/usr/lib/nginx/modules', '/usr/lib64/nginx/modules', '/etc/nginx/modules'];
const LUA_FOLDERS = ['/usr/share/lua/5.1', '/usr/local/share/lua/5.1'];
const HEADERS = `
      proxy_set_header X-User-Id $user_id;
      proxy_set_header X-Tenant $tenant;
      proxy_set_header X-Roles $roles;`;

/** What verification adds to the pass-through, at each level of the configuration. */
interface Policy {
  readonly http: string;
  readonly locations: (origin: string) => string;
}

interface Flavour {
  readonly name: string;
  readonly modules: readonly string[];
  readonly luaFiles: readonly string[];
  prepare(files: string, jwks: ExternalContext['jwks']): Promise<Policy>;
}

const contender = (flavour: Flavour): External => ({
  name: flavour.name,
  installed: () =>
    programPath('nginx') !== undefined &&
    folderWith(MODULE_FOLDERS, flavour.modules) !== undefined &&
    folderWith(LUA_FOLDERS, flavour.luaFiles) !== undefined,
  async start(folder, { originPort, jwks, verify }) {
    const port = await freePort();
    const files = join(folder, `nginx-${port}`);
    const modules = folderWith(MODULE_FOLDERS, flavour.modules);
    const loads = verify ? flavour.modules.map((name) => `load_module "${modules}/${name}";\n`).join('') : '';
    const policy = verify
      ? await flavour.prepare(files, jwks)
      : { http: '', locations: (origin: string) => `location / {${origin}\n    }` };
    await writeFile(`${files}.conf`, loads + configuration(files, port, originPort, policy));
    const args = ['-e', 'stderr', '-p', folder, '-c', `${files}.conf`];
    return startProgram(programPath('nginx') ?? 'nginx', args, { port });
  },
});

const configuration = (files: string, port: number, originPort: number, policy: Policy): string => `
daemon off;
master_process off;
pid "${files}.pid";
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `  ${kind}_temp_path "${files}-${kind}";\n`).join('')}
  keepalive_requests 1000000000;
  upstream origin {
    server 127.0.0.1:${originPort};
    keepalive 512;
    keepalive_requests 1000000000;
  }
  ${policy.http}
  server {
    listen 127.0.0.1:${port};
    ${policy.locations(`
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";`)}
  }
}
`;

export const nginxLua = contender({
  name: 'NGINX + Lua',
  modules: ['ndk_http_module.so', 'ngx_http_lua_module.so'],
  luaFiles: ['ngx/base64.lua', 'cjson/util.lua', 'openssl/pkey.lua'],
  async prepare(files, jwks) {
    const { kid, pem } = rsaKey(jwks);
    await writeFile(`${files}.pem`, pem);
    const policy = { kid, issuer: ISSUER, audience: AUDIENCE, scope: SCOPE, key_file: `${files}.pem` };
    const table = Object.entries(policy).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
    return {
      http: `lua_package_path "${import.meta.dirname}/?.lua;;";
  init_by_lua_block { gateway = require("nginx-verify").new({ ${table.join(', ')} }) }`,
      locations: (origin) => `location / {
      set $user_id "";
      set $tenant "";
      set $roles "";
      access_by_lua_block { gateway() }${origin}${HEADERS}
    }`,
    };
  },
});

export const nginxNjs = contender({
  name: 'NGINX + njs',
  modules: ['ngx_http_js_module.so'],
  luaFiles: [],
  async prepare(files, jwks) {
    const { kid, pem } = rsaKey(jwks);
    const spki = pem.replace(/-----[^-]+-----|\s/g, '');
    await writeFile(
      `${files}.json`,
      JSON.stringify({ kid, issuer: ISSUER, audience: AUDIENCE, scope: SCOPE, spki }),
    );
    return {
      http: `js_import gateway from "${import.meta.dirname}/nginx-verify.js";
  js_preload_object policy from "${files}.json";
  js_var $user_id;
  js_var $tenant;
  js_var $roles;`,
      locations: (origin) => `location / { js_content gateway.gateway; }
    location @origin {${origin}${HEADERS}
    }`,
    };
  },
});
