import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Terminal } from '../../src/cli/command.ts';
import { createDevIssuers } from '../../src/cli/dev/issuers.ts';
import { STATE_FILE } from '../../src/cli/dev/state.ts';
import { startTokenServer, type TokenServer } from '../../src/cli/dev/token-server.ts';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { loadPolicyModule } from '../../src/cli/policy-module.ts';
import { run } from '../../src/cli/run.ts';
import { checkWorker } from '../../src/cli/worker-check.ts';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { PAGES, type ShownCommand, shownCommands } from '../fixtures/shown-commands.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

completeRuntime();

const read = (file: string): string => readFileSync(join(REPOSITORY, file), 'utf8');
const commands = PAGES.flatMap(shownCommands);
const program = join(REPOSITORY, 'src/cli/portcullis.ts');

/** Which other test runs a command and compares what it prints; `by` has the words in it. */
interface RunElsewhere {
  readonly page: string;
  readonly command: RegExp;
  readonly by: string;
  readonly words: string;
}

const elsewhere = (page: string, command: RegExp, by: string, words: string): RunElsewhere => ({
  page,
  command,
  by,
  words,
});

const DEMO = 'test/integration/dev-stack.test.ts';
const PACKAGE = 'test/package/try.ts';
const RUN_ELSEWHERE: readonly RunElsewhere[] = [
  elsewhere('README.md', /^npm ci && npm run dev$/, DEMO, "['dev:redis', 'dev']"),
  elsewhere(
    'README.md',
    /^(?:curl|TOKEN=|echo|npm run --silent keys) ?/,
    'test/integration/readme-tour.test.ts',
    'README.md',
  ),
  elsewhere('README.md', /^npm run check:config$/, 'test/integration/readme.test.ts', 'npm run check:config'),
  elsewhere('README.md', /^npm run deploy$/, 'test/integration/deploy.test.ts', 'npm run deploy'),
  elsewhere('docs/control.md', /^(?:curl|echo "\$TOKEN"|portcullis) /, DEMO, 'docs/control.md'),
  elsewhere('docs/revocation.md', /^npm run portcullis -- store/, DEMO, 'docs/revocation.md'),
  elsewhere('docs/upgrading.md', /^portcullis (?:revoke|store) /, DEMO, 'docs/upgrading.md'),
  elsewhere(
    'docs/migrating.md',
    /^portcullis import /,
    'test/integration/migrating-page.test.ts',
    'shows what the command prints',
  ),
  elsewhere('docs/redis-schema.md', /^redis-cli /, 'test/integration/revocation-docs.test.ts', 'redis-cli '),
  elsewhere(
    'docs/reviewing.md',
    /^portcullis /,
    'test/integration/reviewing-page.test.ts',
    'docs/reviewing.md',
  ),
  elsewhere(
    'docs/troubleshooting.md',
    /^npx portcullis explain /,
    'test/integration/troubleshooting-page.test.ts',
    'docs/troubleshooting.md',
  ),
  elsewhere(
    'docs/troubleshooting.md',
    /^PORTCULLIS_TOKEN=.* --live /,
    'test/integration/explain-live.test.ts',
    "'--live'",
  ),
  elsewhere(
    'docs/token-service.md',
    /^(?:export PORTCULLIS_TOKEN_SERVICE_URL=|portcullis (?:keys|grants)\b)/,
    'test/integration/token-service-admin.test.ts',
    'PORTCULLIS_TOKEN_SERVICE_URL',
  ),
  elsewhere('docs/your-own.md', /^(?:npm create portcullis|npm install|cd )/, PACKAGE, 'create-portcullis'),
  elsewhere('docs/your-own.md', /^npm (?:run dev|test)$/, PACKAGE, "'dev', '--port'"),
  elsewhere(
    'docs/your-own.md',
    /^curl /,
    'test/integration/dev-command.test.ts',
    'lets a token of a stand-in',
  ),
  elsewhere(
    'docs/your-own.md',
    /^npx portcullis dev --policy/,
    'test/integration/in-code.test.ts',
    "'dev', '--policy'",
  ),
];

const ACCOUNT = 'needs an account at Cloudflare';
const PUBLISHED = 'needs the published package, or repository';
const SUITE = 'is the suites themselves, or what they are part of';
const BENCH = 'measures for minutes or hours, and prints what nobody can foresee';

/** Every command that no test runs, with its reason. */
const NOT_RUN: readonly (readonly [page: string, command: string, reason: string])[] = [
  ['README.md', 'git clone <this repository> portcullis && cd portcullis', PUBLISHED],
  ['README.md', 'npm ci && npm test', SUITE],
  ['README.md', 'npx wrangler secret put UPSTASH_REDIS_REST_URL', ACCOUNT],
  ['README.md', 'npx wrangler secret put UPSTASH_REDIS_REST_TOKEN', ACCOUNT],
  ['CONTRIBUTING.md', 'npm ci && npm test', SUITE],
  ['CONTRIBUTING.md', 'npm run test:unit', SUITE],
  ['CONTRIBUTING.md', 'npm run test:browser', SUITE],
  ['CONTRIBUTING.md', 'npm run test:faults', SUITE],
  ['CONTRIBUTING.md', 'npm run check', SUITE],
  ['CONTRIBUTING.md', 'npm run format', SUITE],
  ['bench/README.md', 'npm run bench', BENCH],
  ['bench/README.md', 'npm run bench -- --quick', BENCH],
  ['bench/README.md', 'npm run bench -- --only strict', BENCH],
  ['bench/README.md', 'npm run bench -- --resume', BENCH],
  ['bench/README.md', 'npm run bench:revocation', BENCH],
  ['bench/README.md', 'npm run bench:instructions', BENCH],
  ['bench/README.md', 'npm run bench:review', BENCH],
  ['bench/README.md', 'npm run bench:token-service', BENCH],
  [
    'docs/control.md',
    'echo "whsec_$(openssl rand -base64 32)" | npx wrangler secret put TEAM_WEBHOOK_SECRET --config wrangler.control.toml',
    ACCOUNT,
  ],
  [
    'docs/metrics.md',
    'openssl rand -hex 32 | npx wrangler secret put METRICS_TOKEN --config wrangler.control.toml',
    ACCOUNT,
  ],
  [
    'docs/operating.md',
    `wrangler tail --format json | jq -c '.logs[].message[0] | fromjson? | select(.reference == "4d1f3e0c9a2b77586b0e51f2a4c83d07")'`,
    ACCOUNT,
  ],
  ['docs/rollout.md', 'npx wrangler versions upload --message "invoices need billing:read"', ACCOUNT],
  ['docs/rollout.md', 'npx wrangler versions deploy 7c0c4f50@10% 1d3cd1a0@90%', ACCOUNT],
  ['docs/rollout.md', 'npx wrangler tail --format json', ACCOUNT],
  ['docs/rollout.md', 'npx wrangler versions deploy 7c0c4f50@100%', ACCOUNT],
  ['docs/rollout.md', 'npx wrangler deployments list', ACCOUNT],
  ['docs/rollout.md', 'npx wrangler rollback 1d3cd1a0 --message "invoices were refused"', ACCOUNT],
  ['docs/rollout.md', 'openssl rand -hex 32 | npx wrangler secret put CACHE_SECRET', ACCOUNT],
  ['docs/rollout.md', 'npx wrangler secret list', ACCOUNT],
  ['docs/rollout.md', 'npx wrangler secret delete BATCH_HMAC_1', ACCOUNT],
  [
    'docs/token-service.md',
    'npx wrangler secret put SEALING_KEY --config wrangler.token-service.toml',
    ACCOUNT,
  ],
  ['docs/token-service.md', 'npm run deploy:token-service', ACCOUNT],
  ['docs/upgrading.md', 'npm view portcullis version', PUBLISHED],
  ['docs/upgrading.md', 'npm update portcullis', PUBLISHED],
  ['docs/your-own.md', 'npm update portcullis', PUBLISHED],
  [
    'examples/analytics-engine/README.md',
    'curl "https://api.cloudflare.com/client/v4/accounts/$ACCOUNT/analytics_engine/sql" --header "Authorization: Bearer $API_TOKEN" --data-binary @refusals.sql',
    ACCOUNT,
  ],
];

/** What is run here, in which folder, and what it prints. */
interface RunHere {
  readonly page: string;
  readonly command: string;
  readonly folder: 'made' | 'in-code' | 'environments' | 'reviewed' | '.';
  readonly code: number;
  /** What it prints begins with this, or has it; the page's own output counts besides. */
  readonly says: string | RegExp;
}

const here = (
  page: string,
  command: string,
  folder: RunHere['folder'],
  says: string | RegExp,
  code = 0,
): RunHere => ({ page, command, folder, says, code });

const NOTHING_NEW = /^no differences, \d+ regions of requests compared\n$/;
const SOUND = /^wrangler\.toml: 2 routes, 1 issuer, no problems/;
const CASES = /10 cases, all hold\n$/;
const RUN_HERE: readonly RunHere[] = [
  here(
    'docs/your-own.md',
    'npx portcullis init my-gateway --provider keycloak --issuer https://sso.acme.example/realms/acme --audience orders-api --origin https://api.internal.example',
    '.',
    'wrote my-gateway/wrangler.toml',
  ),
  here(
    'docs/your-own.md',
    'npx portcullis init my-gateway --in-code --provider own --issuer https://id.acme.example --audience https://api.acme.example --origin https://api.internal.example',
    '.',
    'wrote my-gateway/src/gateway.ts',
  ),
  here(
    'docs/your-own.md',
    'npx portcullis check --policy src/gateway.ts',
    'in-code',
    'src/gateway.ts: 1 route, 1 issuer',
  ),
  here('docs/your-own.md', 'npx portcullis diff main --policy src/gateway.ts', 'in-code', NOTHING_NEW),
  here('docs/testing.md', 'npx portcullis test', 'made', CASES),
  here('docs/testing.md', 'npx portcullis test --junit results.xml', 'made', CASES),
  here('docs/upgrading.md', 'npx portcullis test', 'made', CASES),
  here('docs/upgrading.md', 'npx portcullis diff main', 'made', NOTHING_NEW),
  here('docs/rollout.md', 'npx portcullis diff main', 'made', NOTHING_NEW),
  here('docs/rollout.md', 'npx portcullis audit', 'made', /\n\d+ questions?\n$/, 1),
  here('docs/rollout.md', 'npx portcullis test', 'made', CASES),
  here('docs/rollout.md', 'npx portcullis check --deploy', 'made', SOUND),
  here('docs/rollout.md', 'npx portcullis check --env staging', 'environments', 'wrangler.toml: '),
  here(
    'docs/rollout.md',
    'npx portcullis check --env production --deploy',
    'environments',
    'wrangler.toml: ',
  ),
  here('docs/reviewing.md', 'npx portcullis diff main', 'reviewed', /5 differences, .* It widens\.\n$/, 1),
  here('docs/reviewing.md', 'npx portcullis diff main HEAD --markdown', 'reviewed', NOTHING_NEW),
  here(
    'docs/reviewing.md',
    'npx portcullis diff old.toml new.toml --json',
    'reviewed',
    '"widening": true',
    1,
  ),
];

/** Tokens of the stand-ins, and what the page says of them. */
const TOKENS: readonly (readonly [command: string, holds: (token: string) => void])[] = [
  [
    'TOKEN=$(npx portcullis token --issuer acme --scope orders:read --claim /org/tenant_id=7)',
    (token) => expect(decodeJwt(token)).toMatchObject({ scope: 'orders:read', org: { tenant_id: 7 } }),
  ],
  [
    'npx portcullis token --expires-in -1m',
    (token) => expect(Number(decodeJwt(token).exp)).toBeLessThan(Date.now() / 1000),
  ],
  [
    'npx portcullis token --alg none',
    (token) => {
      expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
        alg: 'none',
      });
      expect(token.endsWith('.')).toBe(true);
    },
  ],
  ['npx portcullis token --forged', (token) => expect(decodeProtectedHeader(token).kid).toMatch(/^stand-in/)],
  ['npx portcullis token --audience other', (token) => expect(decodeJwt(token).aud).toBe('other')],
  ['npx portcullis token --like entra-v2', (token) => expect(decodeJwt(token)).toHaveProperty('tid')],
];

/** Beside those: run by a test of their own below. */
const OWN_TEST: readonly (readonly [page: string, command: RegExp])[] = [
  ['docs/testing.md', /^npx portcullis test --watch$/],
  ['docs/control.md', /^printf .*AUDIT_SECRET/],
  ['docs/your-own.md', /^npm run check$/],
  ['docs/upgrading.md', /^npm run check$/],
];

const spaced = (command: string): string => command.replace(/\s+/g, ' ');

describe('the commands in the documentation', () => {
  const claims = ({ page, command }: ShownCommand): readonly string[] => [
    ...RUN_ELSEWHERE.filter((each) => each.page === page && each.command.test(command)).map(({ by }) => by),
    ...NOT_RUN.filter((each) => each[0] === page && each[1] === spaced(command)).map(([, , why]) => why),
    ...RUN_HERE.filter((each) => each.page === page && each.command === spaced(command)).map(() => 'here'),
    ...TOKENS.filter(([text]) => page === 'docs/your-own.md' && text === command).map(() => 'here'),
    ...OWN_TEST.filter(([name, text]) => name === page && text.test(command)).map(() => 'here'),
  ];

  it('are found', () => expect(commands.length).toBeGreaterThan(80));

  it('are each run by one test, or say why none does', () => {
    const told = commands.filter((command) => claims(command).length !== 1);
    expect(told.map((each) => `${each.page}: ${each.command}: ${claims(each)}`)).toEqual([]);
  });

  it('are all there, those that are listed', () => {
    const shown = (page: string, matches: (command: string) => boolean) =>
      commands.some((each) => each.page === page && matches(spaced(each.command)));
    const gone = [
      ...NOT_RUN.filter(([page, command]) => !shown(page, (each) => each === command)).map(
        ([, text]) => text,
      ),
      ...RUN_HERE.filter(({ page, command }) => !shown(page, (each) => each === command)).map(
        ({ page, command }) => `${page}: ${command}`,
      ),
      ...TOKENS.filter(([command]) => !shown('docs/your-own.md', (each) => each === command)).map(
        ([text]) => text,
      ),
      ...RUN_ELSEWHERE.filter(({ page, command }) => !shown(page, (each) => command.test(each))).map(
        ({ page, command }) => `${page}: ${command}`,
      ),
      ...OWN_TEST.filter(([page, command]) => !shown(page, (each) => command.test(each))).map(String),
    ];
    expect(gone).toEqual([]);
  });

  it.each(RUN_ELSEWHERE)('of $page, $command, are in $by', ({ by, words }) => {
    expect(read(by)).toContain(words);
  });

  it('name scripts that are there', () => {
    const { scripts }: { scripts: object } = JSON.parse(read('package.json'));
    const named = commands.flatMap(({ command }) => [
      ...command.matchAll(/npm run (?:--silent )?([\w:-]+)/g),
    ]);
    expect(
      [...new Set(named.map(([, name = '']) => name))].filter((name) => !Object.hasOwn(scripts, name)),
    ).toEqual([]);
  });
});

describe('the commands of wrangler that the documentation names', () => {
  const said = PAGES.flatMap((page) => [
    ...[...read(page).matchAll(/`(?:npx )?(wrangler [a-z][^`\n]*)`/g)].map(([, text = '']) => text),
    ...commands
      .filter((each) => each.page === page)
      .flatMap(({ command }) => /(wrangler [a-z][^|]*)/.exec(command)?.[1] ?? []),
  ]);
  const parsed = [...new Set(said)].map((text) => {
    const words = text.trim().split(/\s+/).slice(1);
    const bare = words.findIndex((word) => !/^[a-z]+$/.test(word));
    const command = words.slice(0, bare === -1 ? undefined : bare).join(' ');
    return { command, flags: words.flatMap((word) => /^(--[a-z-]+)/.exec(word)?.[1] ?? []) };
  });
  const byCommand = [...new Set(parsed.map(({ command }) => command))].map((command) => ({
    command,
    flags: [...new Set(parsed.filter((each) => each.command === command).flatMap(({ flags }) => flags))],
  }));

  it('are found', () => expect(byCommand.length).toBeGreaterThan(6));

  it.each(byCommand)('has this one, with its flags: wrangler $command $flags', async ({ command, flags }) => {
    const wrangler = join(REPOSITORY, 'node_modules/wrangler/bin/wrangler.js');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [wrangler, ...command.split(' '), '--help'],
      {
        cwd: tmpdir(),
        env: { ...process.env, WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1', WRANGLER_HIDE_BANNER: 'true' },
      },
    );
    expect(stdout).toMatch(new RegExp(`^wrangler ${command}(?: |$)`, 'm'));
    for (const flag of flags) expect(stdout).toMatch(new RegExp(`(?:^|[ ,])${flag}\\b`, 'm'));
  });
});

describe('the commands that are run here', () => {
  let root: string;
  let server: TokenServer;
  const start = process.cwd();

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'portcullis-commands-'));
    const init = RUN_HERE[0]?.command ?? '';
    process.chdir(root);
    await say(init);
    execFileSync('mv', [join(root, 'my-gateway'), join(root, 'made')]);
    const [inCode = ''] = blocksOf('docs/your-own.md', 'ts');
    const [environments = ''] = blocksOf('docs/rollout.md', 'toml');
    const [old = '', now = ''] = blocksOf('docs/reviewing.md', 'toml');
    const files: Readonly<Record<string, string>> = {
      'in-code/src/gateway.ts': inCode,
      'in-code/wrangler.toml': `name = "gate"\nmain = "src/gateway.ts"\n${STORE}`,
      'environments/wrangler.toml': environments,
      'reviewed/wrangler.toml': old,
      'reviewed/old.toml': old,
      'reviewed/new.toml': now,
    };
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    mkdirSync(join(root, 'node_modules'));
    symlinkSync(join(REPOSITORY, 'node_modules/wrangler'), join(root, 'node_modules/wrangler'));
    for (const folder of ['made', 'in-code', 'reviewed']) commit(join(root, folder));
    writeFileSync(join(root, 'reviewed/wrangler.toml'), now);

    const inCodeFolder = join(root, 'in-code');
    process.chdir(inCodeFolder);
    const policy = await loadPolicyModule('src/gateway.ts');
    const { compiled } = checkWorker('wrangler.toml', {
      environment: undefined,
      deploy: true,
      inCode: policy,
    });
    if (compiled?.kind !== 'gateway') throw new Error('the policy of the page does not compile');
    server = await startTokenServer(createDevIssuers(compiled.policy, ['acme'], {}), 0);
    mkdirSync(dirname(join(inCodeFolder, STATE_FILE)), { recursive: true });
    const state = { url: `http://127.0.0.1:${server.port}`, key: server.key };
    writeFileSync(join(inCodeFolder, STATE_FILE), JSON.stringify(state));
  });
  afterAll(async () => {
    process.chdir(start);
    await server.close();
    rmSync(root, { recursive: true, force: true });
  });

  it.each(RUN_HERE.slice(1))('$page: $command', async ({ page, command, folder, says, code }) => {
    process.chdir(join(root, folder));
    const said = await say(command);
    expect({ code: said.code, all: said.all }).toEqual({
      code,
      all: typeof says === 'string' ? expect.stringContaining(says) : expect.stringMatching(says),
    });
    const shown = commands.find((each) => each.page === page && spaced(each.command) === command)?.output;
    if (shown !== undefined) expect(said.all.trim()).toBe(shown);
  });

  it('docs/your-own.md: portcullis init writes the files of the table', () => {
    const [table = ''] =
      /\| file \| what it is \|\n([\s\S]*?)\n\n/.exec(read('docs/your-own.md'))?.slice(1) ?? [];
    const named = [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(existsSync(join(root, 'made', name)), name).toBe(true);
    expect(existsSync(join(root, 'made/results.xml'))).toBe(true);
  });

  it('docs/your-own.md and upgrading.md: npm run check is portcullis check', async () => {
    process.chdir(join(root, 'made'));
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(scripts.check).toBe('portcullis check');
    expect(await say('npx portcullis check')).toMatchObject({ code: 0, all: expect.stringMatching(SOUND) });
  });

  it.each(TOKENS)('docs/your-own.md: %s', async (command, holds) => {
    process.chdir(join(root, 'in-code'));
    const [, inner = command] = /^TOKEN=\$\((.*)\)$/.exec(command) ?? [];
    const said = await say(inner);
    expect(said.code, said.all).toBe(0);
    expect(said.all.split('\n')).toHaveLength(2);
    holds(said.all.trim());
  });

  it('docs/testing.md: portcullis test --watch tries the cases again when one of the files changes', async () => {
    const folder = join(root, 'made');
    const child = spawn(process.execPath, [program, 'test', '--watch'], { cwd: folder });
    try {
      let printed = '';
      child.stdout.on('data', (chunk) => {
        printed += chunk;
      });
      const times = () => printed.split('10 cases, all hold').length - 1;
      await expect.poll(times, { timeout: 60_000 }).toBe(1);
      const touch = () => {
        utimesSync(join(folder, 'wrangler.toml'), new Date(), new Date());
        return times();
      };
      await expect.poll(touch, { timeout: 60_000, interval: 500 }).toBeGreaterThan(1);
    } finally {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
  });

  it('docs/control.md: the digest of a target is what the page computes', async () => {
    const { command = '' } = commands.find(({ command: line }) => line.includes('AUDIT_SECRET')) ?? {};
    const secret = 'a secret that nobody else has, of some length';
    const [, target = ''] = /printf '([^']*)'/.exec(command) ?? [];
    const expected = createHmac('sha256', secret)
      .update(target)
      .digest()
      .subarray(0, 16)
      .toString('base64url');
    const tools = '{ command -v openssl && command -v basenc; }';
    const shell = `if ${tools} >/dev/null; then ${command}; else echo 'no tools'; fi`;
    const { stdout } = await promisify(execFile)('bash', ['-c', shell], {
      env: { ...process.env, AUDIT_SECRET: secret },
    });
    if (stdout.trim() !== 'no tools') expect(stdout.trim().replace(/=+$/, '')).toBe(expected);
  });
});

const STORE = `compatibility_date = "2026-11-01"

[[durable_objects.bindings]]
name = "REVOCATIONS"
class_name = "RevocationObject"
`;

const blocksOf = (page: string, language: string): readonly string[] =>
  [...read(page).matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, text = '']) => text,
  );

function commit(folder: string): void {
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: folder, stdio: 'ignore' });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('-c', 'user.name=A', '-c', 'user.email=a@example.com', 'commit', '-q', '-m', 'first');
}

/** As a shell would, in the folder that is current. */
async function say(command: string): Promise<{ code: number; all: string }> {
  const [, line = ''] = /^npx portcullis (.*)$/.exec(command) ?? [];
  const args = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
  const files: Partial<Terminal> = {
    exists: async (path) => existsSync(path),
    readFile: async (path) => readFileSync(path, 'utf8'),
    writeFile: async (path, text) => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    },
    now: () => Date.now() / 1000,
  };
  const { said, terminal } = recordingTerminal(files);
  return { code: await run(args, terminal), all: said.all };
}
