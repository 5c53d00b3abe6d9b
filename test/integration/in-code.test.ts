import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { loadPolicyModule } from '../../src/cli/policy-module.ts';
import { run } from '../../src/cli/run.ts';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

completeRuntime();

const program = join(REPOSITORY, 'src/cli/portcullis.ts');

const WRANGLER = `
name = "gate"
main = "src/gateway.ts"
compatibility_date = "2026-11-01"

[[durable_objects.bindings]]
name = "REVOCATIONS"
class_name = "RevocationObject"

[[migrations]]
tag = "v1"
new_sqlite_classes = ["RevocationObject"]

[alias]
"portcullis/gateway" = ${JSON.stringify(join(REPOSITORY, 'src/gateway/worker.ts'))}
`;

const FILES: Readonly<Record<string, string>> = {
  'package.json': '{"type":"module"}',
  'wrangler.toml': WRANGLER,
  'src/origins.ts': "export const ORDERS: string = 'https://orders.internal.example/v1';\n",
  'src/policy.ts': `
import { ORDERS } from './origins';

export default {
  ISSUERS: { acme: { issuer: 'https://id.acme.example', audience: 'https://api.acme.example' } },
  ROUTES: {
    orders: { path: '/orders/*', origin: ORDERS, issuers: ['acme'], scope: ['orders:read'] },
  },
};
`,
  'src/gateway.ts': `
import { DurableObject } from 'cloudflare:workers';
import { createGateway } from 'portcullis';
import policy from './policy.ts';

export { RevocationObject } from 'portcullis/gateway';
export class Own extends DurableObject {}

const gateway = createGateway(policy);
export default {
  async fetch(request: Request, env: Record<string, unknown>, execution: ExecutionContext) {
    const answer = await gateway.fetch(request, env, execution);
    return new Response(answer.body, { status: answer.status, headers: { 'x-own': 'yes' } });
  },
};
`,
  'src/opened.ts': `
import { ORDERS } from './origins.ts';
export default { ROUTES: { orders: { path: '/orders/*', origin: ORDERS, authentication: 'none' } } };
`,
  'src/mistaken.ts': `
import { createGateway } from 'portcullis';
export default createGateway({ ROUTES: { orders: { path: '/orders/*', origin: 'https://o.example', timeout: 'soon' } } });
`,
  'src/two.ts': `
import { createGateway } from 'portcullis';
createGateway({});
export default createGateway({});
`,
  'src/none.ts': 'export const unrelated = 1;\nexport default 7;\n',
  'src/worker.ts': 'export default { fetch() {} };\n',
  'src/getter.ts': "export default { get ROUTES() { throw new Error('not now'); } };\n",
  'src/within.ts':
    'const own: Record<string, unknown> = {};\nown.own = own;\nexport default { ROUTES: own };\n',
  'src/empty.ts': '// nothing\n',
  'src/function.ts': 'export default { ROUTES: { a: { path: () => 1 } } };\n',
  'src/circles.ts': 'for (;;);\n',
  'src/reads-in-circles.ts': 'export default { get ROUTES() { for (;;); } };\n',
  'src/keeps-waiting.ts': 'await new Promise(() => setInterval(() => {}, 1000));\nexport default {};\n',
  'src/leaves.ts': 'process.exit(0);\n',
  'src/waits.ts': 'await new Promise(() => {});\nexport default { ROUTES: {} };\n',
  'src/throws.ts': "throw new Error('not here');\nexport default {};\n",
  'src/broken.ts': 'export default {;\n',
  'src/lost.ts': "import policy from './nowhere.ts';\nexport default policy;\n",
  'twice.toml': `${WRANGLER}\n[vars.ROUTES.other]\npath = "/other"\norigin = "https://o.example"\n`,
  'portcullis.test.toml': `
policy = "src/policy.ts"

[[case]]
name = "reads"
request = { url = "/orders/7" }
token = { issuer = "acme", scope = ["orders:read"] }
expect = { status = 200, route = "orders" }

[[case]]
name = "reads without the scope"
request = { url = "/orders/7" }
token = { issuer = "acme" }
expect = { reason = "scope_insufficient" }
`,
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-in-code-'));
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(REPOSITORY, 'node_modules/wrangler'), join(folder, 'node_modules/wrangler'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** In the folder of the files, whose names are what the command line has; `said` has them so too. */
async function inFolder(...args: readonly string[]) {
  const { said, terminal } = recordingTerminal({
    exists: async (path) => {
      try {
        readFileSync(path);
        return true;
      } catch {
        return false;
      }
    },
    readFile: async (path) => readFileSync(path, 'utf8'),
  });
  const named = args.map((word) => (/\.(?:ts|toml)$/.test(word) ? join(folder, word) : word));
  const config =
    args.includes('--config') || args[0] === 'test' ? [] : ['--config', join(folder, 'wrangler.toml')];
  const code = await run([...named, ...config], terminal);
  return { code, all: said.all.replaceAll(`${folder}/`, '') };
}

describe('a policy in code', () => {
  it.each(['src/policy.ts', 'src/gateway.ts'])('is checked, in %s', async (module) => {
    expect(await inFolder('check', '--policy', module)).toEqual({
      code: 0,
      all: `${module}: 1 route, 1 issuer, no problems\n`,
    });
  });

  it('is said to be missing where the variables have none and no module is named', async () => {
    const { code, all } = await inFolder('check');
    expect(code).toBe(1);
    expect(all).toContain('a policy that stands in code is named: --policy src/gateway.ts');
  });

  it('has its mistakes at the paths that the Worker reports', async () => {
    const { code, all } = await inFolder('check', '--policy', 'src/mistaken.ts');
    expect(code).toBe(1);
    expect(all).toContain('src/mistaken.ts  ROUTES.orders.timeout\n  found    "soon"');
  });

  it('says what a route comes to', async () => {
    const { all } = await inFolder('check', '--policy', 'src/gateway.ts', '--effective', 'orders');
    expect(all).toMatch(/origin +"https:\/\/orders\.internal\.example\/v1" +route: ROUTES\.orders\.origin/);
  });

  it('is refused beside variables of the same tables', async () => {
    const { code, all } = await inFolder('check', '--policy', 'src/policy.ts', '--config', 'twice.toml');
    expect(code).toBe(1);
    expect(all).toContain('a variable beside ROUTES in code');
    const tried = await inFolder('audit', '--policy', 'src/policy.ts', '--config', 'twice.toml');
    expect(tried.code).toBe(1);
    expect(tried.all).toContain('a variable beside ROUTES in code');
  });

  it.each([
    ['src/two.ts', 'calls createGateway 2 times'],
    ['src/none.ts', 'has no policy'],
    ['src/worker.ts', 'has no policy'],
    ['src/empty.ts', 'has no policy'],
    ['src/throws.ts', 'cannot be loaded: not here'],
    ['src/broken.ts', 'cannot be loaded: '],
    ['src/lost.ts', 'cannot be loaded: '],
    ['src/absent.ts', 'is not there'],
    ['src/absent', 'is no module'],
    ['src/getter.ts', 'has a policy that cannot be read: not now'],
    ['src/within.ts', 'has a policy that cannot be read: a value is within itself'],
    ['src/function.ts', 'has a policy that cannot be read: a function in it'],
    ['src/leaves.ts', 'cannot be loaded: it ended before it said its policy.'],
    ['src/waits.ts', 'cannot be loaded: it ended before it said its policy.'],
  ])('is asked for where %s has none', async (module, said) => {
    const { code, all } = await inFolder('check', '--policy', module);
    expect(code).toBe(1);
    expect(all).toContain(`${module} ${said}`);
  });

  it.each(['src/circles.ts', 'src/reads-in-circles.ts', 'src/keeps-waiting.ts'])(
    'is given up where %s never comes to its end',
    async (module) => {
      const loading = loadPolicyModule(join(folder, module), undefined, 300);
      await expect(loading).rejects.toThrow('it was still running after 0.3 s');
    },
  );

  it('is tried by cases that name its module', async () => {
    const { code, all } = await inFolder('test', 'portcullis.test.toml');
    expect({ code, all }).toEqual({
      code: 0,
      all: 'ok      reads\nok      reads without the scope\n\n2 cases, all hold\n',
    });
    const opened = await inFolder('test', 'portcullis.test.toml', '--policy', 'src/opened.ts');
    expect(opened.code).toBe(1);
  });

  it('explains a request', async () => {
    const { code, all } = await inFolder(
      ...['explain', 'https://api.acme.example/orders/7', '--offline', '--policy', 'src/policy.ts'],
    );
    expect(code).toBe(0);
    expect(all).toContain('credentials_missing');
  });

  it('is audited, and sentences about it are proven', async () => {
    const sentence = 'no request reaches any origin without scope "orders:read"';
    const proven = await inFolder('audit', '--policy', 'src/gateway.ts', '--assert', sentence);
    expect(proven).toMatchObject({ code: 0, all: expect.stringContaining(`holds      ${sentence}`) });
    const opened = await inFolder('audit', '--policy', 'src/opened.ts');
    expect(opened).toMatchObject({ code: 1, all: expect.stringContaining('route orders') });
  });

  it('is compared with another, and with what a revision has', async () => {
    const { code, all } = await inFolder('diff', 'src/policy.ts', 'src/opened.ts');
    expect({ code, told: all.includes('Newly reachable without a token') }).toEqual({ code: 1, told: true });
    expect((await inFolder('diff', 'src/policy.ts', 'src/gateway.ts')).code).toBe(0);

    const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: folder, stdio: 'ignore' });
    git('init', '-q');
    git('add', 'src', 'wrangler.toml', 'package.json');
    git('-c', 'user.name=A', '-c', 'user.email=a@example.com', 'commit', '-q', '-m', 'first');
    const compare = async (module: string) =>
      await promisify(execFile)(process.execPath, [program, 'diff', 'HEAD', '--policy', module], {
        cwd: folder,
      }).then(
        ({ stdout }) => stdout,
        (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
      );
    expect(await compare('src/policy.ts')).toContain('no differences');
    writeFileSync(join(folder, 'src/origins.ts'), "export const ORDERS = 'https://elsewhere.example';\n");
    try {
      expect(await compare('src/gateway.ts')).toContain('https://elsewhere.example');
    } finally {
      writeFileSync(join(folder, 'src/origins.ts'), FILES['src/origins.ts'] ?? '');
    }
  });
});

describe('portcullis dev with a policy in code', () => {
  let port: number;
  let child: ChildProcess;
  let printed = '';

  beforeAll(async () => {
    port = await freePort();
    const args = ['dev', '--policy', 'src/gateway.ts', '--port', `${port}`];
    child = spawn(process.execPath, [program, ...args], { cwd: folder });
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
  });

  const answerTo = async (...args: readonly string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, 'token', ...args], {
      cwd: folder,
    });
    const response = await fetch(`http://127.0.0.1:${port}/orders/7`, {
      headers: { authorization: `Bearer ${stdout.trim()}` },
    });
    const text = await response.text();
    return { status: response.status, own: response.headers.get('x-own'), text };
  };

  it('runs the Worker around it, with stand-ins for its issuers and origins', async () => {
    const allowed = await answerTo('--issuer', 'acme', '--scope', 'orders:read');
    expect({ ...allowed, text: JSON.parse(allowed.text).path }).toEqual({
      status: 200,
      own: 'yes',
      text: '/v1/orders/7',
    });
    const refused = await answerTo('--issuer', 'acme');
    expect({ status: refused.status, own: refused.own }).toEqual({ status: 403, own: 'yes' });
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
