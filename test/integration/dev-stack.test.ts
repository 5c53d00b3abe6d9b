import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { addressesFrom } from '../../dev/addresses.ts';
import { adminToken, type Demo, demoToken, type TokenWish } from '../../dev/demo-token.ts';
import { makeLoginKey } from '../../dev/login/key.ts';
import { allFree, freeFirstPort, REPOSITORY, runScript, Session } from '../fixtures/demo.ts';
import { aPerson } from '../fixtures/person.ts';
import { rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import { redisIsThere } from '../fixtures/redis-server.ts';
import { notSaid, shownCommands } from '../fixtures/shown-commands.ts';

const run = promisify(execFile);

interface Running {
  readonly first: number;
  readonly state: string;
  readonly session: Session;
  readonly demo: Demo;
}

async function start(command: string): Promise<Running> {
  const first = await freeFirstPort();
  const state = await mkdtemp(join(tmpdir(), 'portcullis-dev-'));
  const session = new Session(command, '--port', `${first}`, '--state', state);
  await session.says('Ctrl-C ends it all');
  return { first, state, session, demo: { root: REPOSITORY, addresses: addressesFrom(first) } };
}

async function stop({ session, state }: Running): Promise<void> {
  await session.interrupt();
  await rm(state, { recursive: true, force: true });
}

const tokenOf = ({ demo, first }: Running, wish: Partial<TokenWish> = {}) =>
  demoToken(demo, {
    subject: 'user-1',
    audience: `http://localhost:${first}`,
    scope: 'orders:read',
    ...wish,
  });

/** The next key is published for a minute before it signs: it is asked for before everything else, and looked at last. */
let rotating: Running;
let before: string;
let asked: string;

beforeAll(async () => {
  rotating = await start('dev');
  before = await tokenOf(rotating);
  asked = await runScript({ script: 'keys' }, '--port', `${rotating.first}`, 'rotate');
});
afterAll(() => rotating && stop(rotating));

describe.each(redisIsThere() ? ['dev:redis', 'dev'] : ['dev'])('npm run %s', (command) => {
  let running: Running;
  let first: number;
  let state: string;
  let session: Session;
  let gateway: string;
  let demo: Demo;

  const token = (wish: Partial<TokenWish> = {}) => tokenOf(running, wish);
  const call = (path: string, bearer?: string, init: RequestInit = {}) =>
    fetch(`${gateway}${path}`, {
      ...init,
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    });

  beforeAll(async () => {
    running = command === 'dev' ? rotating : await start(command);
    ({ first, state, session, demo } = running);
    gateway = `http://localhost:${first}`;
  });
  afterAll(() => running && stop(running));

  test('starts without a word about secrets that it makes itself', () => {
    expect(session.output).not.toMatch(/warning|SEALING_KEY/);
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

  test('200 with a token, 401 without, 403 without the scope', async () => {
    expect((await call('/orders/1')).status).toBe(401);
    expect((await call('/orders/1', await token({ scope: 'orders:write' }))).status).toBe(403);
    const allowed = await call('/orders/1', await token({ subject: 'someone' }));
    expect(allowed.status).toBe(200);
    expect(await allowed.json()).toMatchObject({ headers: { 'x-user-id': 'someone' } });
  });

  test('npm run --silent token prints a token and nothing else; its claims reach the origin', async () => {
    const options = ['--roles', 'a,b', '--claim', 'org={"tenant_id":"t9"}'];
    const args = ['run', '--silent', 'token', '--', '--port', `${first}`, ...options];
    const { stdout } = await run('npm', args, { cwd: REPOSITORY });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const response = await call('/profile/me', stdout.trim());
    expect(await response.json()).toMatchObject({ headers: { 'x-roles': '["a","b"]', 'x-tenant': 't9' } });
  });

  test.each([
    [['--scope', 'orders:all'], 'gives no scope "orders:all"'],
    [['--aud', 'https://api.test'], 'knows no audience https://api.test'],
    [['--claim', 'tier=gold'], 'puts no claim "tier"'],
    [['--sub', ''], 'invalid_grant'],
  ])('npm run token %j is refused by the token service, and says where to look', async (args, words) => {
    await expect(runScript({ script: 'token' }, '--port', `${first}`, ...args)).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(words),
    });
  });

  test('npm run revoke turns 200 into 401, by token, by jti, and by a token on standard input', async () => {
    for (const name of [(bearer: string) => bearer, jtiOf, () => '-']) {
      const bearer = await token();
      expect((await call('/orders/1', bearer)).status).toBe(200);
      const script = { script: 'revoke', input: `Bearer ${bearer}\n` };
      expect(await runScript(script, '--port', `${first}`, name(bearer))).toMatch(
        /^Revoked token \S+ of http:\S+\.$/m,
      );
      expect((await call('/orders/1', bearer)).status).toBe(401);
    }
  });

  test('a person logs in, calls, refreshes and logs out by cookies, and is asked for a name again after that', async () => {
    const person = aPerson();
    const post = (path: string) =>
      person.fetch(`${gateway}${path}`, { method: 'POST', headers: { origin: gateway } });
    const login = `${gateway}/session/login?return_to=/app/`;
    const page = await person.visit(login);
    expect(page.url.origin).toBe(`http://localhost:${first + 5}`);
    const back = await person.logIn(page, 'alice');
    expect([back.status, back.url.href]).toEqual([
      200,
      expect.stringContaining(`${gateway}/session/callback/login`),
    ]);
    const who = await person.fetch(`${gateway}/session`);
    expect(await who.json()).toMatchObject({ sub: 'login|alice', scope: 'orders:read orders:write' });
    const order = await person.fetch(`${gateway}/orders/1`);
    expect(await order.json()).toMatchObject({ headers: { 'x-user-id': 'login|alice' } });
    expect((await post('/session/refresh')).status).toBe(200);
    const cookie = `__Host-session=${person.cookies(gateway).get('__Host-session')}`;
    expect((await post('/session/logout')).status).toBe(204);
    // What was the cookie is good for nothing now, wherever it has been copied to.
    expect((await fetch(`${gateway}/orders/1`, { headers: { cookie } })).status).toBe(401);
    expect((await person.fetch(`${gateway}/session`)).status).toBe(401);
    await expect.poll(async () => (await person.visit(login)).body).toContain('name="name"');
  });

  test('the page for browsers is there, with its scripts, and an echo beside it', async () => {
    const page = await call('/app/');
    expect([page.headers.get('content-type'), await page.text()]).toEqual([
      'text/html',
      expect.stringContaining('<script type="module" src="page.js">'),
    ]);
    expect((await call('/app/session.js')).headers.get('content-type')).toBe('text/javascript');
    expect(await (await call('/app/other.js')).json()).toMatchObject({ path: '/app/other.js' });
  });

  test("the logins' key is this user's alone to read, and published without its private half", async () => {
    const file = join(REPOSITORY, '.wrangler/demo', `${first}.json`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const response = await fetch(`http://localhost:${first + 5}/jwks`);
    const { keys } = (await response.json()) as { readonly keys: readonly object[] };
    expect(keys).toHaveLength(1);
    expect(keys[0]).not.toHaveProperty('d');
  });

  test('docs/control.md, revocation.md and upgrading.md show what their commands do', async () => {
    const issuer = `http://localhost:${first + 1}`;
    const control = `http://localhost:${first + 3}`;
    const admin = await demoToken(demo, {
      subject: 'alice',
      audience: control,
      scope: 'revocations:read revocations:write',
    });
    const leavers = join(state, 'leavers.jsonl');
    await writeFile(leavers, '{"sub":"leaver-1"}\n{"sub":"leaver-2"}\n');
    const commands = ['docs/control.md', 'docs/revocation.md', 'docs/upgrading.md']
      .flatMap(shownCommands)
      .filter(({ command: line }) => /^(npm run portcullis|portcullis|curl|echo "\$TOKEN") /.test(line));
    expect(commands.length).toBeGreaterThan(8);
    const environment = { PORTCULLIS_URL: control, PORTCULLIS_TOKEN: admin, TOKEN: await token() };
    const said = new Map<string, string>();
    for (const { command: line, output } of commands) {
      const here = line
        .replace(/npm run (?:--silent )?portcullis --|^portcullis/, 'node src/cli/portcullis.ts')
        .replaceAll('https://control.example', control)
        .replaceAll('http://localhost:8788', issuer)
        .replaceAll('https://id.example', issuer)
        .replace(/\w+\.jsonl/, leavers)
        // What it is to revoke has to lie before the tokens of this test.
        .replace(/--issued-before \S+/, '--issued-before 2026-01-01T00:00:00Z')
        // Tokens of the tests that follow are of that person.
        .replaceAll('user-1', 'user-of-the-page')
        .replace('curl ', 'curl -s ');
      const { stdout } = await run('bash', ['-c', here], {
        cwd: REPOSITORY,
        env: { ...process.env, ...environment },
      });
      said.set(line, stdout);
      if (output !== undefined) expect(notSaid(output, stdout), stdout).toEqual([]);
    }
    const all = [...said.values()].join('\n');
    expect(all).toMatch(/epoch/);
    for (const told of ['user-of-the-page', 'leaver-1', 'leaver-2']) expect(all).toContain(told);
  });

  // No store has a part in it.
  const once = command === 'dev' ? test : undefined;
  once?.('a rotation of the keys costs no one their access', { timeout: 180_000 }, async () => {
    expect(asked).toMatch(/^current {3}\S+ {2}ES256 .*\nnext {6}\S+ {2}ES256 .*\nchanges next /);
    const headers = { authorization: `Bearer ${await adminToken(demo)}` };
    const stages = async () => {
      const response = await fetch(`http://localhost:${first + 1}/v1/keys`, { headers });
      const ring = (await response.json()) as { readonly keys: readonly { readonly stage: string }[] };
      return ring.keys.map(({ stage }) => stage).sort();
    };
    await expect.poll(stages, { timeout: 150_000, interval: 1_000 }).toEqual(['current', 'next', 'previous']);
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
    for (const line of lines) expect(line).toMatch(/^\[(gateway|control|token-service)\] \{"event":/);
  });

  test('Ctrl-C ends everything that it started', async () => {
    await session.interrupt();
    await expect.poll(() => allFree(first), { timeout: 5_000 }).toBe(true);
    await expect(stat(join(REPOSITORY, '.wrangler/demo', `${first}.json`))).rejects.toThrow('ENOENT');
    const { stdout } = await run('ps', ['-eo', 'args']);
    expect(stdout.split('\n').filter((line) => line.includes(state))).toEqual([]);
  });
});

describe('without a running demo', () => {
  test.each([['token'], ['revoke', 'some-jti'], ['keys']])(
    'npm run %s says how to start it, on stderr',
    async (script, ...args) => {
      const port = `${await freeFirstPort()}`;
      await expect(runScript({ script }, '--port', port, ...args)).rejects.toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('npm run dev'),
      });
    },
  );

  test('a key that a demo has left behind, killed, is no demo', async () => {
    const port = await freeFirstPort();
    const { remove } = await makeLoginKey(REPOSITORY, port);
    onTestFinished(remove);
    await expect(runScript({ script: 'token' }, '--port', `${port}`)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npm run dev'),
    });
  });
});

function jtiOf(jwt: string): string {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).jti;
}

function kidOf(jwt: string): string {
  return JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()).kid;
}
