import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { demoToken } from '../../dev/demo-token.ts';
import type { TokenRequestBody } from '../../dev/token-request.ts';
import { rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import { redisIsThere } from '../fixtures/redis-server.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** `npm run …` as a person starts it: in a process group that Ctrl-C reaches as a whole. */
class Session {
  output = '';
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;

  constructor(script: string, ...args: readonly string[]) {
    this.child = spawn('npm', ['run', script, '--', ...args], { cwd: root, detached: true });
    this.child.stdout?.on('data', (chunk) => (this.output += chunk));
    this.child.stderr?.on('data', (chunk) => (this.output += chunk));
    this.ended = once(this.child, 'close');
  }

  /** Resolves once it has been said; fails when the command ends without saying it. */
  async says(text: string): Promise<void> {
    const said = () => {
      if (this.output.includes(text) || this.child.exitCode !== null) return;
      throw new Error(`not said yet: ${this.output}`);
    };
    await vi.waitFor(said, { timeout: 55_000, interval: 50 });
    expect(this.output).toContain(text);
  }

  async interrupt(): Promise<void> {
    const alive = this.child.exitCode === null && this.child.signalCode === null;
    if (alive && this.child.pid !== undefined) process.kill(-this.child.pid, 'SIGINT');
    await this.ended;
  }
}

/** What `npm run --silent <script>` runs, without npm's own half second. */
const script = async (name = '', ...args: readonly string[]) => scriptWith('', name, ...args);

/** The same with text on its standard input. */
async function scriptWith(input: string, name: string, ...args: readonly string[]): Promise<string> {
  const running = run(process.execPath, [`dev/${name}.ts`, ...args], { cwd: root });
  running.child.stdin?.on('error', () => undefined).end(input);
  return (await running).stdout;
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}

const fivePorts = (first: number) => [0, 1, 2, 3, 4].map((offset) => first + offset);
const allFree = async (first: number) => (await Promise.all(fivePorts(first).map(canListen))).every(Boolean);

async function freeFirstPort(): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 2_000) * 5;
    if (await allFree(first)) return first;
  }
}

describe.each(redisIsThere() ? ['dev', 'dev:redis'] : ['dev'])('npm run %s', (command) => {
  let first: number;
  let state: string;
  let session: Session;
  let gateway: string;

  const token = (asked: Partial<TokenRequestBody> = { scope: 'orders:read' }) =>
    demoToken(`http://localhost:${first + 1}`, { audience: gateway, ...asked });
  const call = (path: string, bearer?: string, init: RequestInit = {}) =>
    fetch(`${gateway}${path}`, {
      ...init,
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    });

  beforeAll(async () => {
    first = await freeFirstPort();
    gateway = `http://localhost:${first}`;
    state = await mkdtemp(join(tmpdir(), 'portcullis-dev-'));
    session = new Session(command, '--port', `${first}`, '--state', state);
    await session.says('Ctrl-C ends it all');
  });
  afterAll(async () => {
    await session.interrupt();
    await rm(state, { recursive: true, force: true });
  });

  test('a public path needs no token, and the origin shows what reached it', async () => {
    const response = await call('/public/hello?a=1', undefined, { method: 'POST', body: 'text' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ method: 'POST', path: '/public/hello?a=1', body: 'text' });
  });

  // docs/routing.md, "Under npm run dev".
  test.each([
    ['/public/a%2Fb', '/public/a%2Fb'],
    ['/public/@scope%2fname', '/public/@scope%2fname'],
    ['/public/a//b', '/public/a//b'],
    ['/public/cars;color=red/wheels', '/public/cars;color=red/wheels'],
    ['/public/%7Eme/a%2Db', '/public/%7Eme/a%2Db'],
    ['/public/a|b/[c]', '/public/a|b/[c]'],
    ['/public/a%2520b', '/public/a%2520b'],
    ['/public/caf%c3%a9', '/public/caf%c3%a9'],
    ['/public/a%2F..%2Fb', 400],
    ['/public/a%00', 400],
    ['/public/a/..;/b', 400],
    ['/public/a/../b', '/public/b'],
    ['/public/a\\b', '/public/a/b'],
    ['/public/a#b', '/public/a'],
    ['/public/a^"{}', '/public/a%5E%22%7B%7D'],
    ['/public/caf\xc3\xa9', '/public/caf%C3%A9'],
    ['/public/../orders/1', 401],
  ])('the target %j comes to %s behind the proxy of Wrangler', async (target, outcome) => {
    const host = ['Host', `localhost:${first}`] as const;
    const response = await rawRequest(first, requestBytes('GET', target, [host]));
    if (typeof outcome === 'number') expect(response.status).toBe(outcome);
    else expect(response.json()).toMatchObject({ path: outcome });
  });

  test('200 with a token, 401 without, 403 without the scope, 401 once expired', async () => {
    expect((await call('/orders/1')).status).toBe(401);
    expect((await call('/orders/1', await token({}))).status).toBe(403);
    expect((await call('/orders/1', await token({ scope: 'orders:read', ttl: -60 }))).status).toBe(401);
    const allowed = await call('/orders/1', await token({ scope: 'orders:read', sub: 'someone' }));
    expect(allowed.status).toBe(200);
    expect(await allowed.json()).toMatchObject({ headers: { 'x-user-id': 'someone' } });
  });

  test('npm run --silent token prints a token and nothing else; its claims reach the origin', async () => {
    const options = ['--alg', 'RS256', '--roles', 'a,b', '--claim', 'org={"tenant_id":"t9"}'];
    const args = ['run', '--silent', 'token', '--', '--port', `${first}`, ...options];
    const { stdout } = await run('npm', args, { cwd: root });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const response = await call('/profile/me', stdout.trim());
    expect(await response.json()).toMatchObject({ headers: { 'x-roles': '["a","b"]', 'x-tenant': 't9' } });
  });

  test('npm run revoke turns 200 into 401, by token, by jti, and by a token on standard input', async () => {
    for (const name of [(bearer: string) => bearer, jtiOf, () => '-']) {
      const bearer = await token();
      expect((await call('/orders/1', bearer)).status).toBe(200);
      const input = `Bearer ${bearer}\n`;
      expect(await scriptWith(input, 'revoke', '--port', `${first}`, name(bearer))).toMatch(
        /^Revoked token \S+ of http:\S+\.$/m,
      );
      expect((await call('/orders/1', bearer)).status).toBe(401);
    }
  });

  test('a rotation at the issuer costs no one their access', async () => {
    const before = await token();
    const rotation = await fetch(`http://localhost:${first + 1}/rotate`, { method: 'POST' });
    expect(rotation.status).toBe(200);
    const after = await token();
    expect(kidOf(after)).not.toBe(kidOf(before));
    expect((await call('/orders/1', before)).status).toBe(200);
    expect((await call('/orders/1', after)).status).toBe(200);
  });

  test('a second start says which ports are taken and what to do', async () => {
    const second = new Session(command, '--port', `${first}`);
    await second.ended;
    expect(second.child.exitCode).toBe(1);
    expect(second.output).toContain(`Port ${first} (gateway) is taken by `);
    expect(second.output).toContain('-- --port 9000');
  });

  test('events of the Workers pass through, and nothing of Wrangler', () => {
    const lines = session.output.split('\n').filter((line) => line.startsWith('['));
    expect(lines.length).toBeGreaterThan(5);
    expect(session.output, 'it has made a secret to seal with').not.toContain('CACHE_SECRET');
    for (const line of lines) expect(line).toMatch(/^\[(gateway|control)\] \{"event":/);
  });

  test('Ctrl-C ends everything that it started', async () => {
    await session.interrupt();
    await expect.poll(() => allFree(first), { timeout: 5_000 }).toBe(true);
    const { stdout } = await run('ps', ['-eo', 'args']);
    expect(stdout.split('\n').filter((line) => line.includes(state))).toEqual([]);
  });
});

describe('without a running demo', () => {
  test.each([['token'], ['revoke', 'some-jti']])(
    'npm run %s says how to start it, on stderr',
    async (name, ...args) => {
      const port = `${await freeFirstPort()}`;
      await expect(script(name, '--port', port, ...args)).rejects.toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('npm run dev'),
      });
    },
  );
});

function jtiOf(jwt: string): string {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).jti;
}

function kidOf(jwt: string): string {
  return JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()).kid;
}
