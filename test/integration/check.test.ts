import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { routeTable } from '../../src/config/schema.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

const root = resolve(import.meta.dirname, '../..');
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Runs the command in a folder holding these files. */
async function check(files: Readonly<Record<string, string>>, ...args: string[]) {
  return await checkWith({}, files, ...args);
}

async function checkWith(
  environment: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>>,
  ...args: string[]
) {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-check-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const { said, terminal } = recordingTerminal({ environment });
  const here = process.cwd();
  process.chdir(folder);
  try {
    const status = await run(['check', ...args], terminal);
    return { status, stdout: said.out, stderr: said.err };
  } finally {
    process.chdir(here);
  }
}

/** As a program of its own, in the repository. */
function start(...args: readonly string[]) {
  const program = [join(root, 'src/cli/portcullis.ts'), 'check', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { cwd: root, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const BINDING = `
[[durable_objects.bindings]]
name = "REVOCATIONS"
class_name = "RevocationObject"
`;
const GOOD = `
name = "gateway"
${BINDING}
[[services]]
binding = "ORDERS"
service = "orders"

[vars.ISSUERS.acme]
issuer = "https://id.acme.example"
audience = "https://api.acme.example"

[vars.ROUTES.orders]
path = "/orders/*"
origin = "service:ORDERS"

[env.production.vars.ISSUERS.acme]
issuer = "https://id.acme.example"
audience = "https://api.acme.example"

[env.production.vars.ROUTES.orders]
path = "/orders*"
origin = "service:ORDERS"
`;

describe('the committed configuration', () => {
  it('has no problems and no warnings, but for the secret that npm run dev makes', async () => {
    expect(start()).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^wrangler\.toml: \d+ routes, \d+ issuers?, no problems\n/),
      stderr: '',
    });
    expect(start().stdout.match(/warning: .*/g)).toEqual(['warning: SEALING_KEY']);
  });
});

describe('check', () => {
  it('answers a good file with one line', async () => {
    expect(await check({ 'wrangler.toml': GOOD })).toEqual({
      status: 0,
      stdout: 'wrangler.toml: 1 route, 1 issuer, no problems\n',
      stderr: '',
    });
  });

  it('prints each mistake with its line, in order', async () => {
    const bad = `${GOOD}
[vars.ROUTES.reports]
path = "/reports/*"
origin = "https://reports.acme.example/v1/"
scpe = ["reports:read"]
revocation = { mode = "cache" }
`;
    const { status, stdout, stderr } = await check({ 'wrangler.toml': bad });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe(`wrangler.toml: 3 problems

wrangler.toml:30  ROUTES.reports.origin
  found    "https://reports.acme.example/v1/"
  allowed  "https://host[:port]", perhaps with a path (http only to localhost), or "service:BINDING"
  hint     did you mean "https://reports.acme.example/v1"?

wrangler.toml:31  ROUTES.reports.scpe
  found    an unknown key
  allowed  ${Object.keys(routeTable.shape).join(', ')}
  hint     did you mean "scope"?

wrangler.toml:32  ROUTES.reports.revocation.mode
  found    "cache"
  allowed  "strict", "cached", "replicated", "off"
  hint     did you mean "cached"?
`);
  });

  it('prints the same as JSON', async () => {
    const { status, stdout } = await check(
      { 'wrangler.toml': GOOD.replace('/orders/*', '/orders*') },
      '--json',
    );
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      files: [
        {
          file: 'wrangler.toml',
          ok: false,
          problems: [
            { path: 'ROUTES.orders.path', line: 17, found: '"/orders*"', hint: 'did you mean "/orders/*"?' },
          ],
          warnings: [],
        },
      ],
    });
  });

  it('checks the environment that is asked, with bindings of its own', async () => {
    const { status, stderr } = await check({ 'wrangler.toml': GOOD }, '--env', 'production');
    expect(status).toBe(1);
    expect(stderr).toContain('wrangler.toml:25  ROUTES.orders.path');
    expect(stderr).toContain('wrangler.toml:26  ROUTES.orders.origin');
  });

  it('knows no environment of another name', async () => {
    const { status, stderr } = await check({ 'wrangler.toml': GOOD }, '--env', 'prodution');
    expect(status).toBe(1);
    expect(stderr).toContain('did you mean "production"?');
  });

  it('reads another file, and several', async () => {
    const files = { 'a.toml': GOOD, 'b.toml': GOOD };
    expect((await check(files, '--config', 'a.toml', '--config', 'b.toml')).stdout.split('\n')).toHaveLength(
      3,
    );
  });

  it('checks a control Worker by its own rules', async () => {
    const control = `main = "src/control/worker.ts"\n${BINDING}\n[vars.CONTROL]\n`;
    const { status, stderr } = await check({ 'wrangler.toml': GOOD, 'wrangler.control.toml': control });
    expect(status).toBe(1);
    expect(stderr).toContain('CONTROL');
    expect(stderr).not.toContain('ROUTES');
  });

  it.each([
    ['a file that is not there', {}, 'no such file'],
    ['broken TOML, with its line', { 'wrangler.toml': 'a = 1\nb = \n' }, 'wrangler.toml:2'],
    ['an empty file', { 'wrangler.toml': '' }, 'ROUTES'],
    ['vars that are none', { 'wrangler.toml': 'vars = 5\n' }, 'ROUTES'],
  ])('refuses %s', async (_, files, words) => {
    const { status, stderr } = await check(files);
    expect(status).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('    at ');
  });

  it('refuses options it does not know', async () => {
    expect(await check({}, '--fix')).toMatchObject({ status: 2, stderr: expect.stringContaining("'--fix'") });
  });

  it('explains itself', async () => {
    expect(await check({}, '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('.dev.vars'),
    });
  });
});

const CONTROL = `
name = "portcullis-control"
main = "src/control/worker.ts"

[[durable_objects.bindings]]
name = "REVOCATIONS"
class_name = "RevocationObject"
script_name = "gateway"

[vars.ISSUERS.acme]
issuer = "https://id.acme.example"
audience = "https://api.acme.example"

[vars.CONTROL.admins.ops]
issuer = "acme"
audience = ["https://control.acme.example"]
`;

/** Changes one thing in a file; fails when it is not there. */
function edited(file: string, from: string, to: string): string {
  expect(file).toContain(from);
  return file.replace(from, to);
}

describe('an environment', () => {
  const SOUND = edited(
    GOOD,
    'path = "/orders*"\norigin = "service:ORDERS"',
    'path = "/o"\norigin = "https://o.example"',
  );

  it('is checked beside a control file that has none of that name, and says so', async () => {
    const { status, stdout } = await check(
      { 'wrangler.toml': SOUND, 'wrangler.control.toml': CONTROL },
      '--env',
      'production',
    );
    expect(stdout).toContain('wrangler.control.toml: no environment "production", so not checked\n');
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining('wrangler.toml: 1 route, 1 issuer, no problems'),
    ]);
  });

  it('that no file has is a mistake in all of them', async () => {
    const { status, stderr } = await check(
      { 'wrangler.toml': SOUND, 'wrangler.control.toml': CONTROL },
      '--env',
      'nope',
    );
    expect([status, stderr]).toEqual([1, expect.stringContaining('wrangler.control.toml: 1 problem')]);
  });

  it('that the file named lacks is a mistake', async () => {
    const files = { 'wrangler.toml': SOUND, 'wrangler.control.toml': CONTROL };
    expect((await check(files, '--env', 'production', '--config', 'wrangler.control.toml')).status).toBe(1);
  });

  it('is the one CLOUDFLARE_ENV names, as in wrangler', async () => {
    const { status, stderr } = await checkWith({ CLOUDFLARE_ENV: 'production' }, { 'wrangler.toml': GOOD });
    expect([status, stderr]).toEqual([1, expect.stringContaining('wrangler.toml:25  ROUTES.orders.path')]);
  });
});

describe('a variable', () => {
  const routes = (count: number) =>
    Array.from(
      { length: count },
      (_, i) => `[vars.ROUTES.r${i}]\npath = "/r${i}"\norigin = "service:ORDERS"\n`,
    ).join('');

  it('of more than 5 KB is a mistake', async () => {
    const { status, stderr } = await check({ 'wrangler.toml': `${GOOD}\n${routes(120)}` });
    expect(status).toBe(1);
    expect(stderr).toMatch(/ROUTES\n {2}found {4}\d+ bytes\n {2}allowed {2}at most 5120 bytes a variable/);
    expect(stderr).toContain('ROUTES_<GROUP>');
    expect(stderr).not.toContain('warning');
  });

  it('of more than 5 KB is a mistake whatever it is for', async () => {
    const { status, stderr } = await check({
      'wrangler.toml': `${GOOD}\n[vars]\nNOTES = "${'é'.repeat(2_561)}"\n`,
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining('5122 bytes')]);
    const { status: fits } = await check({
      'wrangler.toml': `${GOOD}\n[vars]\nNOTES = "${'é'.repeat(2_560)}"\n`,
    });
    expect(fits).toBe(0);
  });

  it('near that is a warning', async () => {
    const { status, stdout } = await check({ 'wrangler.toml': `${GOOD}\n${routes(90)}` });
    expect([status, stdout]).toEqual([0, expect.stringContaining('warning: ROUTES')]);
  });
});

describe('--deploy', () => {
  it('passes what is meant for others', async () => {
    expect(
      await check({ 'wrangler.toml': GOOD, 'wrangler.control.toml': CONTROL }, '--deploy'),
    ).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it.each([
    'http://localhost:8788',
    'https://localhost',
    'https://id.localhost',
    'https://localhost.',
    'http://127.0.0.1:1',
    'https://127.1.2.3',
    'https://2130706433',
    'http://[::1]:1',
    'https://[::ffff:127.0.0.1]',
    'https://0.0.0.0',
  ])('refuses %s as an issuer, as its keys and as an origin, where the demo takes it', async (url) => {
    const local = edited(
      GOOD,
      'issuer = "https://id.acme.example"',
      `issuer = "${url}"\njwks_uri = "${url}/jwks"`,
    );
    const file = edited(local, 'origin = "service:ORDERS"', `origin = "${url}"`);
    const deploy = await check({ 'wrangler.toml': file }, '--deploy');
    expect(deploy.status).toBe(1);
    for (const key of ['ISSUERS.acme.issuer', 'ISSUERS.acme.jwks_uri', 'ROUTES.orders.origin']) {
      expect(deploy.stderr).toMatch(new RegExp(`wrangler.toml:\\d+  ${key}\n`));
    }
    expect(deploy.stderr).toContain('a table of the demo');
  });

  it('takes names that only look like this machine', async () => {
    const file = edited(GOOD, 'https://id.acme.example', 'https://localhost.acme.example');
    expect((await check({ 'wrangler.toml': file }, '--deploy')).status).toBe(0);
  });

  const LOCAL = 'issuer = "http://localhost:8788"\naudience = ["http://localhost:8787"]\n';
  it.each([
    ['gateway', edited(GOOD, '[vars.ISSUERS.acme]', `[vars.ISSUERS.demo]\n${LOCAL}\n[vars.ISSUERS.acme]`)],
    ['control', `${CONTROL}\n[vars.ISSUERS.demo]\n${LOCAL}`],
    [
      'token-service',
      'main = "src/token-service/worker.ts"\n[vars.TOKEN_SERVICE]\nissuer = "http://localhost:8791"\n',
    ],
  ])('refuses what is left of the demo in the file of the %s', async (_worker, text) => {
    const { status, stderr } = await check({ 'a.toml': text }, '--deploy', '--config', 'a.toml');
    expect([status, stderr]).toEqual([1, expect.stringContaining('an address beyond this machine')]);
  });

  const SERVICE = `main = "src/token-service/worker.ts"
[vars.TOKEN_SERVICE]
issuer = "https://tokens.acme.example"
sealing_keys = ["SEALING_2", "SEALING_1"]
[vars.RESOURCES.api]
audience = "https://api.acme.example"
scope = ["orders:read"]
[vars.UPSTREAMS.corp]
issuer = "https://id.acme.example"
client_id = "us"
client_key = "CORP_KEY"
[vars.CLIENTS.machine]
client_id = "machine"
type = "client_secret_basic"
client_secret = "MACHINE_SECRET"
grants = ["client_credentials"]
scope = ["orders:read"]
resources = ["api"]
`;

  it('checks the whole of the token service, and takes secrets for set at deploy', async () => {
    const sound = await check({ 'a.toml': SERVICE }, '--config', 'a.toml');
    expect([sound.status, sound.stdout]).toEqual([0, expect.stringContaining('1 client, 1 resource')]);
    const wrong = await check({ 'a.toml': SERVICE.replace('["api"]', '["apy"]') }, '--config', 'a.toml');
    expect([wrong.status, wrong.stderr]).toEqual([
      1,
      expect.stringContaining('CLIENTS.machine.resources[0]'),
    ]);
  });

  it('looks at the environment that is asked', async () => {
    const production = edited(
      GOOD,
      'path = "/orders*"\norigin = "service:ORDERS"',
      'path = "/orders"\norigin = "http://localhost:1"',
    );
    expect((await check({ 'wrangler.toml': production }, '--deploy')).status).toBe(0);
    expect((await check({ 'wrangler.toml': production }, '--deploy', '--env', 'production')).status).toBe(1);
  });

  it('takes no secret of this machine for one that is deployed', async () => {
    const hmac = edited(GOOD, 'audience =', 'hmac_secret = "ACME_SECRET"\naudience =');
    const files = { 'wrangler.toml': hmac, '.dev.vars': `ACME_SECRET=${'x'.repeat(32)}\n` };
    expect((await check(files)).stdout).not.toContain('warning');
    expect((await check(files, '--deploy')).stdout).toContain('npx wrangler secret put ACME_SECRET');
  });

  it('knows nothing of the form of a secret that a header is set from, until it is there', async () => {
    const header = edited(
      GOOD,
      'path = "/orders/*"',
      'path = "/orders/*"\nrequest_headers = { set = { "X-Api-Key" = { secret = "ORIGIN_KEY" } } }',
    );
    const of = (secret: string) => ({ 'wrangler.toml': header, '.dev.vars': `ORIGIN_KEY="${secret}"\n` });
    const absent = await check({ 'wrangler.toml': header });
    expect(absent).toMatchObject({ status: 0, stderr: '' });
    expect(absent.stdout).toContain('npx wrangler secret put ORIGIN_KEY');
    expect((await check(of('ends with a space '), '--deploy')).status).toBe(0);
    expect((await check(of('ends with a space '))).stderr).toContain('a secret that no header can carry');
    expect((await check(of('key'))).stdout).not.toContain('warning');
  });

  it('holds one file against the other beside it, and checks nothing else of that', async () => {
    const files = {
      'wrangler.toml': GOOD,
      'wrangler.control.toml': `${edited(CONTROL, 'script_name = "gateway"', '')}\n[vars.ISSUERS.demo]\nissuer = "http://localhost:1"\naudience = "x"\n`,
    };
    for (const file of Object.keys(files)) {
      const { status, stderr } = await check(files, '--deploy', '--config', file);
      expect([status, stderr]).toEqual([
        1,
        expect.stringContaining('wrangler.control.toml: beside wrangler.toml, 1 problem'),
      ]);
      expect(stderr.includes('localhost')).toBe(file === 'wrangler.control.toml');
    }
  });
});

describe('gateway and control Worker', () => {
  const both = (gateway: string, control: string, more = {}) =>
    check({ 'wrangler.toml': gateway, 'wrangler.control.toml': control, ...more });
  const withKey = (file: string, key: string) =>
    edited(file, '[vars.ISSUERS.acme]\n', `[vars.ISSUERS.acme]\n${key}\n`);

  it('that agree are told of without a further word', async () => {
    expect(await both(GOOD, CONTROL)).toEqual({
      status: 0,
      stdout: 'wrangler.toml: 1 route, 1 issuer, no problems\nwrangler.control.toml: 1 issuer, no problems\n',
      stderr: '',
    });
  });

  it.each<[string, string, string, string]>([
    ['a lifetime', 'max_token_lifetime', '"28h"', '"1d"'],
    ['a tolerance', 'clock_tolerance', '"1m"', '"30s"'],
  ])(
    '%s that is shorter in the control Worker is a mistake, a longer one is none',
    async (_what, key, long, short) => {
      const longer = await both(withKey(GOOD, `${key} = ${long}`), CONTROL);
      expect([longer.status, longer.stderr]).toEqual([
        1,
        expect.stringMatching(
          new RegExp(`wrangler.control.toml:\\d+  ISSUERS.acme.${key}\n  found    ${short.slice(1, -1)}`),
        ),
      ]);
      expect(
        (await both(withKey(GOOD, `${key} = ${long}`), withKey(CONTROL, `${key} = ${long}`))).status,
      ).toBe(0);
      expect((await both(GOOD, withKey(CONTROL, `${key} = ${long}`))).status).toBe(0);
    },
  );

  it('another identifier is a mistake', async () => {
    const { status, stderr } = await both(withKey(GOOD, 'jti_claim = "uti"'), CONTROL);
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining('ISSUERS.acme.jti_claim\n  found    "jti"'),
    ]);
  });

  it('an issuer that only the gateway has is a warning', async () => {
    const other = '\n[vars.ISSUERS.other]\nissuer = "https://other.example"\naudience = "x"\n';
    const route = edited(
      GOOD,
      'origin = "service:ORDERS"',
      'origin = "service:ORDERS"\nissuers = ["acme", "other"]',
    );
    const { status, stdout } = await both(route + other, CONTROL);
    expect([status, stdout]).toEqual([0, expect.stringContaining('no table for "https://other.example"')]);
  });

  it('what no route asks the deny-list about may differ', async () => {
    const off = edited(
      withKey(GOOD, 'max_token_lifetime = "28h"'),
      'origin = "service:ORDERS"',
      'origin = "service:ORDERS"\nrevocation = { mode = "off" }',
    );
    expect((await both(off, CONTROL)).status).toBe(0);
  });

  it.each<[string, string, string]>([
    ['the object of another Worker', 'script_name = "gateway"', 'script_name = "gateway-old"'],
    ['an object of its own', 'script_name = "gateway"', ''],
    ['another class', 'class_name = "RevocationObject"', 'class_name = "OtherObject"'],
  ])('%s is a mistake', async (_what, from, to) => {
    const { status, stderr } = await both(GOOD, edited(CONTROL, from, to));
    expect([status, stderr]).toEqual([1, expect.stringContaining('hint     script_name = "gateway"')]);
  });

  it.each<[string, string, string]>([
    ['the counts of another Worker', 'script_name = "gateway"', 'script_name = "gateway-old"'],
    ['counts of its own', 'script_name = "gateway"', ''],
    ['counts of another class', 'class_name = "MetricsObject"', 'class_name = "OtherObject"'],
  ])('%s is a mistake, whatever the deny-list stands in', async (_what, from, to) => {
    const metrics = (more: string) =>
      `\n[[durable_objects.bindings]]\nname = "METRICS"\nclass_name = "MetricsObject"\n${more}\n`;
    const theirs = metrics('script_name = "gateway"');
    const redis = '\n[vars]\nUPSTASH_REDIS_REST_URL = "https://one.example"\n';
    const secret = { '.dev.vars': 'UPSTASH_REDIS_REST_TOKEN=t\n' };
    for (const [more, files] of [
      ['', {}],
      [redis, secret],
    ] as const) {
      const gateway = GOOD + metrics('') + more;
      expect((await both(gateway, CONTROL + theirs + more, files)).status).toBe(0);
      expect((await both(GOOD + more, CONTROL + edited(theirs, from, to) + more, files)).status).toBe(0);
      const { status, stderr } = await both(gateway, CONTROL + edited(theirs, from, to) + more, files);
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(/METRICS\n.*\n.*MetricsObject of "gateway"/),
      ]);
    }
  });

  it('another Redis, or Redis on one side alone, is a mistake, and no URL is shown', async () => {
    const url = (name: string) => `\n[vars]\nUPSTASH_REDIS_REST_URL = "https://${name}.example"\n`;
    const files = { '.dev.vars': 'UPSTASH_REDIS_REST_TOKEN=t\n' };
    for (const [gateway, control] of [
      [GOOD + url('one'), CONTROL + url('two')],
      [GOOD + url('one'), CONTROL],
    ] as const) {
      const { status, stderr } = await both(gateway, control, files);
      expect(status).toBe(1);
      expect(stderr).not.toContain('one.example');
    }
    expect(await both(GOOD + url('one'), CONTROL + url('one'), files)).toMatchObject({
      status: 0,
      stderr: '',
    });
    const shared = {
      '.dev.vars': 'UPSTASH_REDIS_REST_TOKEN=t\nUPSTASH_REDIS_REST_URL=https://one.example\n',
    };
    expect(await both(GOOD, CONTROL, shared)).toMatchObject({ status: 0, stderr: '' });
  });

  it('a store that is not known yet is not held against the other', async () => {
    expect((await both(edited(GOOD, BINDING, ''), CONTROL)).status).toBe(0);
  });

  it('an environment without a name of its own is <name>-<environment>', async () => {
    const gateway = `name = "gateway"\n[env.eu.vars.ISSUERS.acme]\nissuer = "https://id.acme.example"\naudience = "x"\n[env.eu.vars.ROUTES.o]\npath = "/o"\norigin = "https://o.example"\n[[env.eu.durable_objects.bindings]]\nname = "REVOCATIONS"\nclass_name = "RevocationObject"\n`;
    const control = (owner: string) =>
      `name = "c"\nmain = "src/control/worker.ts"\n[[env.eu.durable_objects.bindings]]\nname = "REVOCATIONS"\nclass_name = "RevocationObject"\nscript_name = "${owner}"\n[env.eu.vars.ISSUERS.acme]\nissuer = "https://id.acme.example"\naudience = "x"\n[env.eu.vars.CONTROL.admins.ops]\nissuer = "acme"\naudience = ["c"]\n`;
    const status = async (owner: string) =>
      (await check({ 'wrangler.toml': gateway, 'wrangler.control.toml': control(owner) }, '--env', 'eu'))
        .status;
    expect([await status('gateway-eu'), await status('gateway')]).toEqual([0, 1]);
  });
});

const TOKENS = `
name = "tokens"
main = "src/token-service/worker.ts"

[[durable_objects.bindings]]
name = "REVOCATIONS"
class_name = "RevocationObject"
script_name = "gateway"

[[durable_objects.bindings]]
name = "METRICS"
class_name = "MetricsObject"
script_name = "gateway"

[vars.TOKEN_SERVICE]
issuer = "https://tokens.acme.example"
sealing_keys = ["SEALING_KEY"]

[vars.RESOURCES.api]
audience = "https://api.acme.example"
scope = ["orders:read"]

[vars.CLIENTS.machine]
client_id = "machine"
type = "client_secret_basic"
client_secret = "MACHINE_SECRET"
grants = ["client_credentials"]
scope = ["orders:read"]
resources = ["api"]
`;

describe('gateway and token service', () => {
  const TRUSTING = edited(
    `${GOOD}\n[[durable_objects.bindings]]\nname = "METRICS"\nclass_name = "MetricsObject"\n`,
    '[vars.ISSUERS.acme]\nissuer = "https://id.acme.example"',
    '[vars.ISSUERS.acme]\nissuer = "https://tokens.acme.example"',
  );
  const SECRETS = {
    '.dev.vars': `SEALING_KEY=${'a'.repeat(32)}\nMACHINE_SECRET=${'b'.repeat(32)}\n`,
  };
  const three = (gateway: string, service: string, control = {}) =>
    check({ 'wrangler.toml': gateway, 'wrangler.token-service.toml': service, ...SECRETS, ...control });

  it('that agree are told of without a further word, in the order of the files', async () => {
    const control = edited(CONTROL, '"https://id.acme.example"', '"https://tokens.acme.example"');
    expect(await three(TRUSTING, TOKENS, { 'wrangler.control.toml': control })).toEqual({
      status: 0,
      stdout:
        'wrangler.toml: 1 route, 1 issuer, no problems\nwrangler.control.toml: 1 issuer, no problems\nwrangler.token-service.toml: 1 client, 1 resource, no problems\n',
      stderr: '',
    });
  });

  it('the token service is checked by its own rules', async () => {
    const { status, stderr } = await three(TRUSTING, edited(TOKENS, '["api"]', '["apy"]'));
    expect([status, stderr]).toEqual([1, expect.stringContaining('CLIENTS.machine.resources[0]')]);
  });

  const service = (key: string) => edited(TOKENS, '[vars.TOKEN_SERVICE]\n', `[vars.TOKEN_SERVICE]\n${key}\n`);
  const issuer = (key: string) => edited(TRUSTING, '[vars.ISSUERS.acme]\n', `[vars.ISSUERS.acme]\n${key}\n`);
  it.each<[string, string, string, string]>([
    [
      'an algorithm that the gateway does not take',
      issuer('algorithms = ["RS256"]'),
      TOKENS,
      'TOKEN_SERVICE.algorithm\n  found    "ES256"\n  allowed  "RS256"',
    ],
    [
      'a longer life than the gateway takes',
      issuer('max_token_lifetime = "10m"'),
      TOKENS,
      'TOKEN_SERVICE.access_token_lifetime\n  found    15m\n  allowed  at most 10m',
    ],
    [
      "a tolerance below the gateway's",
      TRUSTING,
      service('clock_tolerance = "10s"'),
      'TOKEN_SERVICE.clock_tolerance\n  found    10s\n  allowed  at least 30s',
    ],
    [
      'no resource for an audience of the gateway',
      edited(TRUSTING, 'audience = "https://api.acme.example"', 'audience = "https://other.example"'),
      TOKENS,
      'RESOURCES\n  found    "https://api.acme.example"\n  allowed  a table with "https://other.example"',
    ],
    [
      'the deny-list of another Worker',
      TRUSTING,
      edited(
        TOKENS,
        'class_name = "RevocationObject"\nscript_name = "gateway"',
        'class_name = "RevocationObject"\nscript_name = "other"',
      ),
      'REVOCATIONS\n  found    RevocationObject of "other"',
    ],
    [
      'the counts of another Worker',
      TRUSTING,
      edited(
        TOKENS,
        'class_name = "MetricsObject"\nscript_name = "gateway"',
        'class_name = "MetricsObject"\nscript_name = "other"',
      ),
      'METRICS\n  found    MetricsObject of "other"',
    ],
    [
      'tokens encrypted to a gateway that cannot read them',
      TRUSTING,
      edited(
        TOKENS,
        'scope = ["orders:read"]\n\n[vars.CLIENTS',
        'scope = ["orders:read"]\nencryption_algorithm = "ECDH-ES"\nencryption_jwk = { kty = "EC", crv = "P-256", x = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", y = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM" }\n\n[vars.CLIENTS',
      ),
      'RESOURCES.api.encryption_jwk\n  found    a key',
    ],
    [
      'tokens that are only signed, to a gateway that takes encrypted ones',
      issuer('decryption_keys = "OPENING_KEY"'),
      TOKENS,
      'RESOURCES.api.encryption_jwk\n  found    nothing',
    ],
  ])('%s is a mistake in the token service', async (_what, gateway, tokens, words) => {
    const { status, stderr } = await three(gateway, tokens);
    expect([status, stderr]).toEqual([1, expect.stringContaining(words)]);
    expect(stderr).toContain('wrangler.token-service.toml: beside wrangler.toml, 1 problem\n');
  });

  it('a life that fits, a wider tolerance, another audience beside it and no counting are none', async () => {
    for (const [gateway, tokens] of [
      [issuer('max_token_lifetime = "15m"'), TOKENS],
      [TRUSTING, service('clock_tolerance = "30s"')],
      [TRUSTING, `${TOKENS}\n[vars.RESOURCES.other]\naudience = "https://other.example"\n`],
      [TRUSTING, edited(TOKENS, 'name = "METRICS"', 'name = "OTHER"')],
    ] as const) {
      expect(await three(gateway, tokens)).toMatchObject({ status: 0, stderr: '' });
    }
  });

  it('a service without a deny-list has none that could be another', async () => {
    const redis =
      '\n[vars]\nUPSTASH_REDIS_REST_URL = "https://one.example"\nUPSTASH_REDIS_REST_TOKEN = "t"\n';
    const without = edited(service('revocation = "off"'), 'name = "REVOCATIONS"', 'name = "OTHER"');
    expect(await three(TRUSTING + redis, without)).toMatchObject({ status: 0, stderr: '' });
    expect((await three(TRUSTING + redis, service('revocation = "off"'))).status).toBe(1);
  });

  it('a service whose tokens the gateway does not take is a warning, and nothing else of it is compared', async () => {
    const other = edited(TOKENS, 'script_name = "gateway"', 'script_name = "other"');
    const { status, stdout } = await three(GOOD, other);
    expect([status, stdout]).toEqual([0, expect.stringContaining('warning: TOKEN_SERVICE.issuer\n')]);
    expect(stdout).toContain('allowed  an issuer of the gateway ("https://id.acme.example")');
  });

  it('logins that outlive what control keeps of a subject are a warning, where there are refresh tokens', async () => {
    const control = edited(CONTROL, '"https://id.acme.example"', '"https://tokens.acme.example"');
    const kept = (time: string) =>
      edited(control, '[vars.ISSUERS.acme]\n', `[vars.ISSUERS.acme]\nmax_token_lifetime = "${time}"\n`);
    const refreshing = edited(TOKENS, '["client_credentials"]', '["client_credentials", "refresh_token"]');
    const beside = (file: string, tokens: string) =>
      three(TRUSTING, tokens, { 'wrangler.control.toml': file });
    const told = await beside(kept('29d'), refreshing);
    expect([told.status, told.stdout]).toEqual([
      0,
      expect.stringContaining(
        'warning: TOKEN_SERVICE.absolute_lifetime\n  found    30d\n  allowed  at most 29d',
      ),
    ]);
    expect((await beside(kept('30d'), refreshing)).stdout).not.toContain('warning');
    expect((await beside(kept('29d'), TOKENS)).stdout).not.toContain('warning');
  });

  it('are held against each other at a deploy of either', async () => {
    const files = {
      'wrangler.toml': TRUSTING,
      'wrangler.token-service.toml': service('clock_tolerance = "0s"'),
    };
    for (const file of Object.keys(files)) {
      const { status, stderr } = await check(files, '--deploy', '--config', file);
      expect([status, stderr]).toEqual([1, expect.stringContaining('TOKEN_SERVICE.clock_tolerance')]);
    }
  });

  it('an environment that the token service lacks is said not to be checked there', async () => {
    const sound = edited(
      TRUSTING,
      'path = "/orders*"\norigin = "service:ORDERS"',
      'path = "/o"\norigin = "https://o.example"',
    );
    const files = { 'wrangler.toml': sound, 'wrangler.token-service.toml': TOKENS };
    const { status, stdout } = await check(files, '--env', 'production');
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining('wrangler.token-service.toml: no environment "production", so not checked\n'),
    ]);
  });
});

describe('JSON with comments', () => {
  const JSONC = `{
  // the gateway
  "name": "gateway",
  "durable_objects": { "bindings": [{ "name": "REVOCATIONS", "class_name": "RevocationObject" }] },
  "vars": {
    "ISSUERS": {
      "acme": { "issuer": "https://id.acme.example", "audience": "https://api.acme.example" },
    },
    "ROUTES": {
      "orders": {
        "path": "/orders/*", /* everything */
        "origin": "https://orders.acme.example",
        "claims": [
          { "claim": "a", "equals": 1 },
        ],
      },
    },
  },
}
`;

  it.each(['wrangler.json', 'wrangler.jsonc'])('is read from %s', async (file) => {
    expect(await check({ [file]: JSONC })).toEqual({
      status: 0,
      stdout: `${file}: 1 route, 1 issuer, no problems\n`,
      stderr: '',
    });
  });

  it('may begin with a byte order mark, as wrangler takes it', async () => {
    expect((await check({ 'wrangler.jsonc': `\uFEFF${JSONC}` })).status).toBe(0);
  });

  it('has lines too', async () => {
    const bad = edited(
      edited(JSONC, '"/orders/*"', '"/orders*"'),
      '"equals": 1',
      '"equals": 9007199254740993',
    );
    const { status, stderr } = await check({ 'wrangler.jsonc': bad });
    expect([status, stderr]).toEqual([1, expect.stringContaining('wrangler.jsonc:11  ROUTES.orders.path\n')]);
    expect(stderr).toContain('wrangler.jsonc:14  ROUTES.orders.claims[0].equals\n');
  });

  it.each([
    ['broken', JSONC.replace('"vars": {', '"vars": '), /wrangler\.jsonc:\d+ {2}JSON\n/],
    [
      'a name twice',
      JSONC.replace('"path"', '"origin": "x", "path"'),
      /wrangler\.jsonc:12 {2}vars\.ROUTES\.orders\.origin\n.*a second time/,
    ],
    ['a list', '[]', /an object/],
    ['nothing', '', /JSON/],
    ['__proto__', JSONC.replace('"acme": {', '"__proto__": {}, "acme": {'), /without "__proto__"/],
  ])('is refused: %s', async (_what, text, words) => {
    const { status, stderr } = await check({ 'wrangler.jsonc': text });
    expect([status, stderr]).toEqual([1, expect.stringMatching(words)]);
    expect(stderr).not.toContain('    at ');
  });

  it('goes before TOML, as in wrangler, with a warning of the file that is not read', async () => {
    const { status, stdout } = await check({ 'wrangler.jsonc': JSONC, 'wrangler.toml': 'broken' });
    expect(status).toBe(0);
    expect(stdout).toContain('found    wrangler.toml as well');
  });

  it('is compared with a control Worker in TOML', async () => {
    const { status, stderr } = await check({
      'wrangler.jsonc': JSONC,
      'wrangler.control.toml': edited(CONTROL, 'script_name = "gateway"', ''),
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining('beside wrangler.jsonc')]);
  });
});

describe('secrets', () => {
  const HMAC = GOOD.replace('audience =', 'hmac_secret = "ACME_SECRET"\naudience =');

  it('are assumed at deploy, with a warning', async () => {
    const { status, stdout } = await check({ 'wrangler.toml': HMAC });
    expect(status).toBe(0);
    expect(stdout).toContain('1 route, 1 issuer, no problems, 1 warning\n');
    expect(stdout).toContain('npx wrangler secret put ACME_SECRET');
  });

  it('are read from .dev.vars', async () => {
    const files = { 'wrangler.toml': HMAC, '.dev.vars': `ACME_SECRET="${'x'.repeat(32)}"\n` };
    expect((await check(files)).stdout).toBe('wrangler.toml: 1 route, 1 issuer, no problems\n');
    const { status, stderr } = await check({ ...files, '.dev.vars': 'ACME_SECRET=hunter2\n' });
    expect([status, stderr]).toEqual([1, expect.stringContaining('a secret of 7 bytes')]);
    expect(stderr).not.toContain('hunter2');
  });

  it('in the file itself are warned of', async () => {
    const file = `${HMAC}\n[vars]\nACME_SECRET = "${'hunter2 '.repeat(4)}"\n`;
    const { status, stdout } = await check({ 'wrangler.toml': file });
    expect(status).toBe(0);
    expect(stdout).toContain('warning: ACME_SECRET\n  found    a secret in this file');
    const cache = await check({
      'wrangler.toml': `${GOOD}\n[vars]\nCACHE_SECRET = "${'hunter2 '.repeat(5)}"\n`,
    });
    expect(cache.stdout).toContain('CACHE_SECRET\n  found    a secret in this file');
    expect(stdout).not.toContain('hunter2');
  });

  it('are read from .env where there is no .dev.vars, the later file first, as in wrangler', async () => {
    const files = { 'wrangler.toml': HMAC, '.env': 'ACME_SECRET=short\n' };
    expect(await check(files)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('a secret of 5 bytes'),
    });
    const local = { ...files, '.env.local': `ACME_SECRET=${'x'.repeat(32)}\n` };
    expect(await check(local)).toMatchObject({ status: 0, stderr: '' });
    const other = { ...local, '.dev.vars': 'OTHER=1\n' };
    expect((await check(other)).stdout).toContain('npx wrangler secret put ACME_SECRET');
  });

  it('in the place of their names are refused, and neither printed nor assumed', async () => {
    const secret = 'a3f91c0e7b2d4856a3f91c0e7b2d4856';
    const { status, stdout, stderr } = await check({ 'wrangler.toml': HMAC.replace('ACME_SECRET', secret) });
    expect([status, stderr]).toEqual([1, expect.stringContaining('what looks like a secret itself')]);
    expect(stdout + stderr).not.toContain(secret.slice(0, 8));
    const client = `${CONTROL}\n[vars.CONTROL.clients.web]\nclient_id = "web"\nclient_secret = "${secret}"\n`;
    const control = await check({ 'wrangler.toml': GOOD, 'wrangler.control.toml': client });
    expect([control.status, control.stderr]).toEqual([
      1,
      expect.stringContaining('what looks like a secret itself'),
    ]);
    expect(control.stdout + control.stderr).not.toContain(secret.slice(0, 8));
  });

  it('of Redis are assumed where no other store is bound', async () => {
    const { status, stdout } = await check({ 'wrangler.toml': GOOD.replace(BINDING, '') });
    expect(status).toBe(0);
    expect(stdout).toContain('npx wrangler secret put UPSTASH_REDIS_REST_URL');
    expect(stdout).toContain('npx wrangler secret put UPSTASH_REDIS_REST_TOKEN');
  });
});
