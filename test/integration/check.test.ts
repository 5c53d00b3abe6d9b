import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Runs the program in a folder holding these files. */
function check(files: Readonly<Record<string, string>>, ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-check-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return run(folder, args);
}

function run(cwd: string, args: readonly string[]) {
  const program = [join(root, 'src/cli/portcullis.ts'), 'check', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { cwd, encoding: 'utf8' });
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
  it('has no problems and no warnings', () => {
    expect(run(root, [])).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^wrangler\.toml: \d+ routes, \d+ issuers?, no problems\n/),
      stderr: '',
    });
    expect(run(root, []).stdout).not.toContain('warning');
  });
});

describe('check', () => {
  it('answers a good file with one line', () => {
    expect(check({ 'wrangler.toml': GOOD })).toEqual({
      status: 0,
      stdout: 'wrangler.toml: 1 route, 1 issuer, no problems\n',
      stderr: '',
    });
  });

  it('prints each mistake with its line, in order', () => {
    const bad = `${GOOD}
[vars.ROUTES.reports]
path = "/reports/*"
origin = "https://reports.acme.example/v1"
scpe = ["reports:read"]
revocation = { mode = "cache" }
`;
    const { status, stdout, stderr } = check({ 'wrangler.toml': bad });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe(`wrangler.toml: 3 problems

wrangler.toml:30  ROUTES.reports.origin
  found    "https://reports.acme.example/v1"
  allowed  "https://host[:port]" with nothing after it (http only to localhost), or "service:BINDING"
  hint     did you mean "https://reports.acme.example"?

wrangler.toml:31  ROUTES.reports.scpe
  found    an unknown key
  allowed  path, methods, host, origin, authentication, issuers, scope, scope_match, claims, headers, revocation, timeout, forward_token, preflight
  hint     did you mean "scope"?

wrangler.toml:32  ROUTES.reports.revocation.mode
  found    "cache"
  allowed  "strict", "cached", "replicated", "off"
  hint     did you mean "cached"?
`);
  });

  it('prints the same as JSON', () => {
    const { status, stdout } = check({ 'wrangler.toml': GOOD.replace('/orders/*', '/orders*') }, '--json');
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

  it('checks the environment that is asked, with bindings of its own', () => {
    const { status, stderr } = check({ 'wrangler.toml': GOOD }, '--env', 'production');
    expect(status).toBe(1);
    expect(stderr).toContain('wrangler.toml:25  ROUTES.orders.path');
    expect(stderr).toContain('wrangler.toml:26  ROUTES.orders.origin');
  });

  it('knows no environment of another name', () => {
    const { status, stderr } = check({ 'wrangler.toml': GOOD }, '--env', 'prodution');
    expect(status).toBe(1);
    expect(stderr).toContain('did you mean "production"?');
  });

  it('reads another file, and several', () => {
    const files = { 'a.toml': GOOD, 'b.toml': GOOD };
    expect(check(files, '--config', 'a.toml', '--config', 'b.toml').stdout.split('\n')).toHaveLength(3);
  });

  it('checks a control Worker by its own rules', () => {
    const control = `main = "src/control/worker.ts"\n${BINDING}\n[vars.CONTROL]\n`;
    const { status, stderr } = check({ 'wrangler.toml': GOOD, 'wrangler.control.toml': control });
    expect(status).toBe(1);
    expect(stderr).toContain('CONTROL');
    expect(stderr).not.toContain('ROUTES');
  });

  it.each([
    ['a file that is not there', {}, 'ENOENT'],
    ['broken TOML, with its line', { 'wrangler.toml': 'a = 1\nb = \n' }, 'wrangler.toml:2'],
    ['an empty file', { 'wrangler.toml': '' }, 'ROUTES'],
    ['vars that are none', { 'wrangler.toml': 'vars = 5\n' }, 'ROUTES'],
  ])('refuses %s', (_, files, words) => {
    const { status, stderr } = check(files);
    expect(status).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('    at ');
  });

  it('refuses options it does not know', () => {
    expect(check({}, '--fix')).toMatchObject({ status: 2, stderr: expect.stringContaining("'--fix'") });
  });

  it('explains itself', () => {
    expect(check({}, '--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('.dev.vars') });
  });
});

describe('secrets', () => {
  const HMAC = GOOD.replace('audience =', 'hmac_secret = "ACME_SECRET"\naudience =');

  it('are assumed at deploy, with a warning', () => {
    const { status, stdout } = check({ 'wrangler.toml': HMAC });
    expect(status).toBe(0);
    expect(stdout).toContain('1 route, 1 issuer, no problems, 1 warning\n');
    expect(stdout).toContain('npx wrangler secret put ACME_SECRET');
  });

  it('are read from .dev.vars', () => {
    const files = { 'wrangler.toml': HMAC, '.dev.vars': `ACME_SECRET="${'x'.repeat(32)}"\n` };
    expect(check(files).stdout).toBe('wrangler.toml: 1 route, 1 issuer, no problems\n');
    const { status, stderr } = check({ ...files, '.dev.vars': 'ACME_SECRET=hunter2\n' });
    expect([status, stderr]).toEqual([1, expect.stringContaining('a secret of 7 bytes')]);
    expect(stderr).not.toContain('hunter2');
  });

  it('in the file itself are warned of', () => {
    const file = `${HMAC}\n[vars]\nACME_SECRET = "${'hunter2 '.repeat(4)}"\n`;
    const { status, stdout } = check({ 'wrangler.toml': file });
    expect(status).toBe(0);
    expect(stdout).toContain('warning: ACME_SECRET\n  found    a secret in this file');
    expect(stdout).not.toContain('hunter2');
  });

  it('of Redis are assumed where no other store is bound', () => {
    const { status, stdout } = check({ 'wrangler.toml': GOOD.replace(BINDING, '') });
    expect(status).toBe(0);
    expect(stdout).toContain('npx wrangler secret put UPSTASH_REDIS_REST_URL');
    expect(stdout).toContain('npx wrangler secret put UPSTASH_REDIS_REST_TOKEN');
  });
});
