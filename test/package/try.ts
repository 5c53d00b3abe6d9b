import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { AUDIENCE, startIssuer } from '../fixtures/issuer.ts';
import { startOrigin } from '../fixtures/origin.ts';

/**
 * The package as a new user meets it: packed, installed into an empty folder, `init`, `check`, a type check of a policy in
 * code, a bundle as it would be deployed, and a verified request through `wrangler dev`. The command line runs on every
 * version of Node that it promises.
 */
const root = resolve(import.meta.dirname, '../..');
const NODE_VERSIONS = ['20', '22', '24'];
const run = promisify(execFile);
const work = mkdtempSync(join(tmpdir(), 'portcullis-package-'));
const project = join(work, 'project');
const ENVIRONMENT = {
  ...process.env,
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  NO_COLOR: '1',
};
const QUIET = ['--no-audit', '--no-fund', '--loglevel=error'];

const step = (text: string) => console.log(`-- ${text}`);

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}

/** Prints what a program said when it fails. */
async function execute(program: string, args: readonly string[], folder = project): Promise<string> {
  try {
    const { stdout } = await run(program, args, { cwd: folder, env: ENVIRONMENT, maxBuffer: 1 << 26 });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`);
  }
}

/** Installs that version of Node, and returns its program. */
async function nodeOf(version: string): Promise<string> {
  const home = join(work, `node-${version}`);
  mkdirSync(home);
  await execute('npm', ['install', '--prefix', home, ...QUIET, `node@${version}`], home);
  return join(home, 'node_modules/.bin/node');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function answerOf(url: string, headers: Record<string, string>): Promise<number> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const status = await fetch(url, { headers }).then(
      (response) => response.status,
      () => undefined,
    );
    if (status !== undefined) return status;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`${url} does not answer`);
}

const cli = join(project, 'node_modules/portcullis/dist/cli/portcullis.js');

/** A project whose policy stands in code, asked by every command that takes one. */
async function tryInCode(node: string, name: string): Promise<void> {
  const folder = join(project, name);
  const portcullis = (...args: readonly string[]) => execute(node, [cli, ...args], folder);
  await execute(node, [
    ...[cli, 'init', name, '--in-code', '--provider', 'own', '--issuer', issuer.url],
    ...['--audience', AUDIENCE, '--origin', origin.url],
  ]);
  const git = (...args: readonly string[]) => execute('git', args, folder);
  await git('init', '-q', '-b', 'main');
  await git('add', '-A');
  await git('-c', 'user.name=A', '-c', 'user.email=a@example.com', 'commit', '-q', '-m', 'first');
  const given = ['--policy', 'src/gateway.ts'];
  const answers: readonly (readonly [args: readonly string[], says: string])[] = [
    [['check', ...given], '2 routes, 1 issuer, no problems'],
    [['test'], '10 cases, all hold'],
    [['diff', 'main', ...given], 'no differences'],
    [['explain', ...given, 'http://localhost/health'], 'allowed, route health'],
    [['audit', ...given, '--assert', 'no request reaches route "api" without a token'], 'holds'],
  ];
  for (const [args, says] of answers) {
    const said = await portcullis(...args);
    expect(said.includes(says), `${args[0]} of a policy in code: ${said}`);
  }
  await execute(join(project, 'node_modules/.bin/tsc'), ['-p', '.'], folder);
}

const [issuer, origin] = await Promise.all([startIssuer(), startOrigin()]);
let gateway: ChildProcess | undefined;
try {
  step('npm pack, and install into an empty folder');
  await execute('npm', ['pack', '--pack-destination', work, ...QUIET], root);
  const [tarball = ''] = readdirSync(work).filter((name) => name.endsWith('.tgz'));
  const pinned: Record<string, string> = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ).devDependencies;
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{}\n');
  await execute('npm', ['install', ...QUIET, join(work, tarball)]);
  await execute('npm', [
    'install',
    '-D',
    ...QUIET,
    `wrangler@${pinned.wrangler}`,
    `typescript@${pinned.typescript}`,
  ]);

  const nodes = await Promise.all(
    NODE_VERSIONS.map(async (version) => [version, await nodeOf(version)] as const),
  );
  for (const [version, node] of nodes) {
    step(`the command line on Node ${(await execute(node, ['--version'])).trim()}`);
    await execute(node, [cli, '--version']);
    const folder = `made-on-${version}`;
    await execute(node, [
      ...[cli, 'init', folder, '--provider', 'own', '--issuer', issuer.url],
      ...['--audience', AUDIENCE, '--origin', origin.url],
    ]);
    const checked = await execute(node, [cli, 'check'], join(project, folder));
    expect(checked.includes('no problems'), `check on Node ${version}: ${checked}`);
    const tried = await execute(node, [cli, 'test'], join(project, folder));
    expect(tried.includes('10 cases, all hold'), `test on Node ${version}: ${tried}`);
    await tryInCode(node, `in-code-on-${version}`);
  }

  step('npm create portcullis, as the package create-portcullis does it');
  const creator = join(work, 'creator');
  mkdirSync(creator);
  await execute('npm', ['pack', '--pack-destination', creator, ...QUIET], join(root, 'create-portcullis'));
  const [creating = ''] = readdirSync(creator).filter((name) => name.endsWith('.tgz'));
  await execute(
    'npm',
    ['install', '--prefix', creator, ...QUIET, join(work, tarball), join(creator, creating)],
    creator,
  );
  await execute(
    join(creator, 'node_modules/.bin/create-portcullis'),
    [
      ...['created', '--provider', 'own', '--issuer', issuer.url],
      ...['--audience', AUDIENCE, '--origin', origin.url],
    ],
    creator,
  );
  expect(readdirSync(join(creator, 'created')).includes('wrangler.toml'), 'a project was made');

  step('npx portcullis init');
  await execute('npx', [
    ...['portcullis', 'init', '--provider', 'own', '--issuer', issuer.url],
    ...['--audience', AUDIENCE, '--origin', origin.url, '--name', 'gate'],
  ]);
  const kept: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(project, 'package.json'), 'utf8'),
  );
  expect(kept.dependencies.portcullis?.startsWith('file:') === true, 'package.json keeps its dependency');

  step('types of a policy in code');
  writeFileSync(join(project, 'src/in-code.ts'), policyInCode());
  await execute('npx', ['tsc', '-p', '.']);

  step('wrangler deploy --dry-run');
  await execute('npx', ['wrangler', 'deploy', '--dry-run', '--outdir', join(work, 'built')]);

  step('a verified request through portcullis dev, with a token of a stand-in');
  const port = await freePort();
  const PATH = `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`;
  gateway = spawn(join(project, 'node_modules/.bin/portcullis'), ['dev', '--port', String(port)], {
    cwd: project,
    env: { ...ENVIRONMENT, PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let printed = '';
  for (const stream of [gateway.stdout, gateway.stderr]) {
    stream?.on('data', (chunk) => {
      printed += chunk;
    });
  }
  const ended = new Promise<never>((_, reject) =>
    gateway?.once('exit', () => reject(new Error(`portcullis dev ended:\n${printed}`))),
  );
  const orders = `http://127.0.0.1:${port}/orders`;
  expect((await Promise.race([answerOf(orders, {}), ended])) === 401, '401 without a token');
  const token = (await execute('npx', ['portcullis', 'token', '--subject', 'user-7'])).trim();
  const answer = await fetch(orders, { headers: { Authorization: `Bearer ${token}` } });
  const heard = (await answer.json()) as { headers?: Record<string, string> };
  expect(answer.status === 200 && heard.headers?.['x-user-id'] === 'user-7', 'the origin learns the subject');
  console.log('the package works as installed');
} finally {
  if (gateway?.exitCode === null) {
    const ended = new Promise((done) => gateway?.once('exit', done));
    gateway.kill('SIGINT');
    await ended;
  }
  await Promise.all([issuer.stop(), origin.stop()]);
  rmSync(work, { recursive: true, force: true });
}

function policyInCode(): string {
  return `import { createGateway } from 'portcullis';
import control from 'portcullis/control';
import tokenService, { GrantObject, KeyringObject } from 'portcullis/token-service';
export { MetricsObject, RevocationObject } from 'portcullis/gateway';
export const others = [control, tokenService, GrantObject, KeyringObject];
export default createGateway({
  ISSUERS: { own: { issuer: 'https://id.example', audience: 'api' } },
  ROUTES: { api: { path: '/*', origin: 'https://api.example', timeout: '5s' } },
});
// @ts-expect-error a duration is one number and one unit
createGateway({ ROUTES: { api: { path: '/*', timeout: 'soon' } } });
`;
}
