import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localConfig, localSecrets } from '../../src/cli/dev/local-config.ts';

const root = resolve(import.meta.dirname, '../..');
const program = join(root, 'src/cli/portcullis.ts');

const POLICY = `
name = "gate"
main = "gateway.ts"
compatibility_date = "2026-11-01"

[vars.ISSUERS.acme]
issuer = "https://id.acme.example"
audience = "https://api.acme.example"
algorithms = ["ES256", "EdDSA"]
allowed_kids = ["of-the-real-issuer"]

[vars.ISSUERS.batch]
issuer = "nightly-batch"
audience = "https://api.acme.example"
hmac_secret = "BATCH_HMAC_SECRET"
hmac_secret_encoding = "base64"

[vars.ROUTES.orders]
path = "/orders/*"
origin = "https://orders.internal.example/v1"
issuers = ["acme"]
scope = ["orders:read"]
revocation = { mode = "strict" }

[vars.ROUTES.orders.headers]
"X-User" = "sub"

[vars.ROUTES.jobs]
path = "/jobs"
origin = "service:JOBS"
issuers = ["batch"]
revocation = { mode = "off" }

[[services]]
binding = "JOBS"
service = "jobs"
`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('portcullis dev', () => {
  let folder: string;
  let port: number;
  let child: ChildProcess;
  let printed = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-dev-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(root, 'node_modules/wrangler'), join(folder, 'node_modules/wrangler'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'wrangler.toml'), POLICY);
    writeFileSync(
      join(folder, '.dev.vars'),
      'UPSTASH_REDIS_REST_URL=https://remote.example\nUPSTASH_REDIS_REST_TOKEN=remote\n',
    );
    const worker = JSON.stringify(join(root, 'src/gateway/worker.ts'));
    writeFileSync(join(folder, 'gateway.ts'), `export { default, RevocationObject } from ${worker};\n`);
    port = await freePort();
    child = spawn(process.execPath, [program, 'dev', '--port', `${port}`], { cwd: folder });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        printed += chunk;
      });
    }
    const ended = once(child, 'exit').then(() => Promise.reject(new Error(printed)));
    const ready = (async () => {
      while (!printed.includes('In another terminal')) await new Promise((done) => setTimeout(done, 100));
    })();
    await Promise.race([ready, ended]);
  });

  afterAll(async () => {
    if (child.exitCode === null) {
      child.kill('SIGINT');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const token = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, 'token', ...args], {
      cwd: folder,
    });
    return stdout.trim();
  };
  const ask = async (path: string, ...args: string[]) => {
    const jwt = await token(...args);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { authorization: `Bearer ${jwt}` },
    });
    const body = (await response.json()) as { path?: string; headers?: Record<string, string> };
    return { status: response.status, path: body.path, user: body.headers?.['x-user'] };
  };
  const orders = ['--issuer', 'acme', '--scope', 'orders:read'];

  it('lets a token of a stand-in through, to an origin that echoes', async () => {
    expect(await ask('/orders/7?a=b', ...orders, '--subject', 'user-7')).toEqual({
      status: 200,
      path: '/v1/orders/7?a=b',
      user: 'user-7',
    });
  });

  it('signs with the made-up secret of an issuer that shares one', async () => {
    expect(await ask('/jobs', '--issuer', 'batch')).toMatchObject({ status: 200, path: '/jobs' });
  });

  it.each([
    ['expired', 'expired', ['--expires-in', '-2m']],
    ['unsigned', 'algorithm_not_allowed', ['--alg', 'none']],
    ['forged', 'signature_invalid', ['--forged']],
    ['of another API', 'audience_mismatch', ['--audience', 'other']],
    ['without its identifier', 'claim_missing', ['--without', 'jti']],
  ])('refuses a token that is %s: %s', async (_, reason, args) => {
    const before = printed.length;
    expect((await ask('/orders/7', ...orders, ...args)).status).toBe(401);
    while (!printed.slice(before).includes('"reason"')) await new Promise((done) => setTimeout(done, 50));
    expect(printed.slice(before)).toContain(`"reason":"${reason}"`);
  });

  it('gives tokens to nobody without its key', async () => {
    const { url } = JSON.parse(readFileSync(join(folder, '.wrangler/portcullis/dev.json'), 'utf8'));
    const answer = await fetch(`${url}/token`, { method: 'POST', body: '{"wish":{}}' });
    expect(answer.status).toBe(401);
  });

  it('says which issuer it needs', async () => {
    await expect(token()).rejects.toThrow(/--issuer has to name a stand-in; there are: acme, batch/);
  });

  it('takes its secrets and its address away when it ends', async () => {
    const state = join(folder, '.wrangler/portcullis/dev.json');
    expect(existsSync(state)).toBe(true);
    child.kill('SIGINT');
    await once(child, 'exit');
    expect([existsSync(state), existsSync(join(folder, '.wrangler/portcullis/secrets.env'))]).toEqual([
      false,
      false,
    ]);
    await expect(token()).rejects.toThrow(/Start it first/);
  });
});

describe('what stand-ins take the place of', () => {
  const given = {
    issuers: ['acme'],
    realRoutes: new Map([['billing', 'https://billing.example']]),
    issuersUrl: 'http://127.0.0.1:1',
    originUrl: 'http://127.0.0.1:2',
  };

  it('are keys and origins alone', () => {
    const vars = {
      ISSUERS: {
        acme: {
          issuer: 'https://id.example',
          audience: 'a',
          pem: 'x',
          discovery: 'oauth',
          clock_tolerance: '5s',
        },
        real: { issuer: 'https://real.example', audience: 'a', discovery: 'oauth' },
      },
      ROUTE_DEFAULTS: { origin: 'https://o.example', timeout: '5s' },
      ROUTE_GROUPS: { g: { origin: 'https://g.example/base', mtls: 'CERT' } },
      ROUTES_X: { billing: { path: '/b', group: 'g' }, orders: { path: '/o', scope: ['s'] } },
      GATEWAY: { revocation_epoch: 'pinned', realm: 'r' },
      OTHER: 1,
    };
    const local = localConfig({ main: 'src/x.ts', vars }, '/p/wrangler.toml', undefined, given);
    expect(local).toMatchObject({
      main: '/p/src/x.ts',
      durable_objects: { bindings: [{ name: 'REVOCATIONS' }] },
    });
    expect(local.vars).toEqual({
      ISSUERS: {
        acme: {
          issuer: 'https://id.example',
          audience: 'a',
          clock_tolerance: '5s',
          jwks_uri: 'http://127.0.0.1:1/acme/jwks.json',
        },
        real: vars.ISSUERS.real,
      },
      ROUTE_DEFAULTS: { origin: 'http://127.0.0.1:2', timeout: '5s' },
      ROUTE_GROUPS: { g: { origin: 'http://127.0.0.1:2/base' } },
      ROUTES_X: {
        billing: { path: '/b', group: 'g', origin: 'https://billing.example' },
        orders: { path: '/o', scope: ['s'] },
      },
      GATEWAY: { realm: 'r' },
      OTHER: 1,
    });
  });

  it('never hand a remote store on', () => {
    const secrets = localSecrets({ UPSTASH_REDIS_REST_TOKEN: 't', MINE: 'm' }, { issuers: [] }, []);
    expect(Object.keys(secrets).toSorted()).toEqual(['CACHE_SECRET', 'MINE']);
  });
});
