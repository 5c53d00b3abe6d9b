import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { listen, type RunningServer } from '../../src/cli/dev/http.ts';
import { run } from '../../src/cli/run.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

const root = resolve(import.meta.dirname, '../..');

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A program of its own, as a person starts it. */
const start = (program: string, args: readonly string[]): Promise<Ran> =>
  new Promise((done) => {
    const child = execFile(process.execPath, [join(root, program), ...args], (error, out, err) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
    child.stdin?.end();
  });

/** `portcullis` in this process. */
async function portcullis(args: readonly string[], input = '', environment = {}): Promise<Ran> {
  const { said, terminal } = recordingTerminal({
    environment: { PORTCULLIS_TOKEN: 'admin-token', ...environment },
    readStdin: async () => input,
    now: () => 1_800_000_000,
  });
  const code = await run(args, terminal);
  return { code, out: said.out, err: said.err };
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const ISSUER = 'https://id.example';
const CLAIMS = { iss: ISSUER, jti: 'id-1', exp: 4_000_000_000 };
const signed = (alg: string, octets: number, claims: object = CLAIMS): string =>
  `${part({ alg, typ: 'JWT' })}.${part(claims)}.${Buffer.alloc(octets, 7).toString('base64url')}`;
const TOKEN = signed('ES256', 64);

describe('a file that cannot be written', () => {
  it('is said to be in one line, without a trace', async () => {
    const answers = [
      '--provider',
      'own',
      '--issuer',
      ISSUER,
      '--audience',
      'a',
      '--origin',
      'https://o.example',
    ];
    const { code, err } = await start('src/cli/portcullis.ts', [
      'init',
      join(root, 'package.json/x'),
      ...answers,
    ]);
    const path = join(root, 'package.json/x/wrangler.toml');
    expect({ code, err }).toEqual({
      code: 1,
      err: `${path} cannot be written: a path through what is no folder\n`,
    });
  });
});

describe('what is to be revoked', () => {
  /** Stands for the control Worker and keeps what it was sent. */
  let server: RunningServer;
  let url: string;
  let received: unknown[] = [];

  beforeAll(async () => {
    server = await listen(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      received.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.end(JSON.stringify({ ...CLAIMS, issuer: ISSUER, revoked: true, removed: true }));
    }, 0);
    url = `http://127.0.0.1:${server.port}`;
  });
  afterAll(() => server.close());
  beforeEach(() => {
    received = [];
  });

  const send = (args: readonly string[], input = '') => portcullis(args, input, { PORTCULLIS_URL: url });

  it.each([
    ['as it is', TOKEN],
    ['with Bearer before it', `Bearer ${TOKEN}`],
    ['with bearer and spaces', `  bearer   ${TOKEN}\n`],
    ['as a header line', `Authorization: Bearer ${TOKEN}\r\n`],
  ])('is a token %s, from standard input or as an argument', async (_how, text) => {
    expect(await send(['revoke', '-'], text)).toMatchObject({ code: 0 });
    expect(await send(['revoke', text])).toMatchObject({ code: 0 });
    expect(received).toEqual([{ token: TOKEN }, { token: TOKEN }]);
  });

  it.each(['HS256', 'RS256', 'ES512', 'EdDSA', 'X-OWN'])('is a token signed with %s', async (alg) => {
    const octets = { HS256: 32, RS256: 256, ES512: 132, EdDSA: 64 }[alg] ?? 50;
    expect(await send(['revoke', signed(alg, octets)])).toMatchObject({ code: 0 });
  });

  it('is an identifier, whatever its shape, where it is called one', async () => {
    for (const jti of ['3f2a', 'a.b.c', 'eyJ', 'eyJhbGciOi-not-one', 'with space', 'Bearer-1']) {
      expect(await send(['revoke', '--jti', jti, '--issuer', ISSUER]), jti).toMatchObject({ code: 0 });
    }
    expect(await send(['revoke', 'a.b.c', '--issuer', ISSUER])).toMatchObject({ code: 0 });
    expect(await send(['revoke', 'eyJ-7', '--issuer', ISSUER])).toMatchObject({ code: 0 });
    expect(received).toHaveLength(8);
  });

  const [header = '', payload = '', signature = ''] = TOKEN.split('.');
  it.each<[string, string, RegExp]>([
    ['two tokens', `${TOKEN}\n${TOKEN}`, /spaces or lines/],
    ['words around it', `token: ${TOKEN}`, /spaces or lines/],
    ['JSON around it', `{"access_token":"${TOKEN}"}`, /other text around it/],
    ['quotes around it', `"${TOKEN}"`, /other text around it/],
    ['a token cut short in its header', header.slice(0, 15), /cut short/],
    ['a token cut short in its claims', `${header}.${payload.slice(0, -7)}`, /cut short/],
    ['a token without signature and dot', `${header}.${payload}`, /cut short/],
    ['a token cut short in its signature', TOKEN.slice(0, -3), /cut short/],
    ['a token whose signature no octets make', signed('RS256', 256).slice(0, -1), /cut short/],
    ['a token with a stray character', `${TOKEN}…`, /cut short/],
    ['a token with claims that are none', `${header}.e30x.${signature}`, /cut short/],
    ['an empty signature', `${header}.${payload}.`, /not signed/],
    ['alg none', `${part({ alg: 'none' })}.${payload}.`, /not signed/],
    ['alg None with a signature', `${part({ alg: 'None' })}.${payload}.${signature}`, /not signed/],
    ['an encrypted token', `${part({ alg: 'dir', enc: 'A256GCM' })}..aaaa.bbbb.cccc`, /encrypted/],
    ['an opaque token', 'Bearer 3f2a', /not a signed token/],
    ['nothing', ' \n', /is empty/],
  ])('is refused when it is %s, and nothing of it is shown or sent', async (_what, text, words) => {
    for (const command of ['revoke', 'unrevoke', 'lookup']) {
      const ran = await send([command, '-', '--issuer', ISSUER], text);
      expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringMatching(words) });
      if (text.trim() !== '') expect(ran.err).not.toContain(text.trim().slice(-12));
    }
    expect(received).toEqual([]);
  });

  it.each(['jti', 'sub', 'sid', 'client-id', 'tenant', 'kid'])('is no token as --%s', async (option) => {
    for (const text of [TOKEN, `Bearer ${TOKEN}`, `${header}.${payload}`]) {
      const ran = await send(['revoke', `--${option}`, text, '--issuer', ISSUER]);
      expect(ran).toMatchObject({
        code: 2,
        err: expect.stringContaining(`--${option}: expected an identifier`),
      });
      expect(ran.err).not.toContain(payload);
    }
    expect(received).toEqual([]);
  });

  it('is not revoked under an issuer that it does not name', async () => {
    const ran = await send(['revoke', '-', '--issuer', 'https://other.example'], TOKEN);
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining(`issued by "${ISSUER}"`) });
    expect(received).toEqual([]);
  });

  it('cannot come from standard input together with the admin token', async () => {
    const ran = await send(['revoke', '-', '--token-file', '-'], TOKEN);
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('Standard input holds one token') });
  });

  it('is first of all read from standard input, say the commands that take it', async () => {
    for (const command of ['revoke', 'unrevoke', 'lookup']) {
      expect((await send([command, '--help'])).out).toMatch(/\n {2}- +read the token from standard input/);
    }
  });
});

describe('a mistyped command line', () => {
  it.each<[readonly string[], string]>([
    [['revok'], 'Did you mean "revoke"?'],
    [['lokup', 'x'], 'Did you mean "lookup"?'],
    [['chekc'], 'Did you mean "check"?'],
    [['--verison'], 'There is no option "--verison".'],
    [['revoke', '--isuer', 'x'], 'Did you mean "--issuer"?'],
    [['revoke', '--issuer'], "'--issuer <value>' argument missing"],
    [['list', '--al'], 'Did you mean "--all"?'],
    [['list', 'x'], "Unexpected argument 'x'"],
    [['revoke'], 'portcullis revoke --help explains it.'],
    [['check', '--confg', 'x'], 'Did you mean "--config"?'],
    [['check', '--enviroment=x'], "Unknown option '--enviroment'"],
    [['check', 'production'], "Unexpected argument 'production'"],
    [['help', 'revok'], 'Did you mean "revoke"?'],
  ])('portcullis %j ends with 2 and says what was meant', async (args, words) => {
    expect(await portcullis(args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(words) });
  });

  it.each<[string, readonly string[], string]>([
    ['src/cli/portcullis.ts', ['revok'], 'Did you mean "revoke"?'],
    ['bench/run.ts', ['--qiuck'], 'Did you mean "--quick"?'],
    ['bench/run.ts', ['--resume', '--only', 'x'], 'leave out --only'],
    ['test/soak/soak.ts', ['--secnds', '1'], 'Did you mean "--seconds"?'],
    ['test/faults/faults.ts', ['--minuts', '1'], 'Did you mean "--minutes"?'],
    ['test/faults/faults.ts', ['--minutes', '1'], '--minutes is a number from'],
    ['dev/start.ts', ['--ip', 'everywhere'], '--ip: expected'],
    ['dev/start.ts', ['--prot', '9000'], 'Did you mean "--port"?'],
    ['dev/start.ts', ['--port', 'x'], '--port: expected'],
    ['dev/token.ts', ['--scpe', 'x'], 'Did you mean "--scope"?'],
    ['dev/token.ts', ['--ttl', '5m'], '--ttl: a token service is not asked'],
    ['dev/token.ts', ['--claim', 'x'], '--claim: expected'],
    ['dev/revoke.ts', ['x', '--port'], '--port: expected'],
    ['dev/revoke.ts', ['x', '--port', '0'], '--port: expected'],
    ['dev/keys.ts', ['rotate', '--port', 'x'], '--port: expected'],
  ])('%s %j ends with 2 and says what was meant', async (program, args, words) => {
    const ran = await start(program, args);
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining(words) });
    expect(ran.err).not.toMatch(/\n {4}at /);
  });
});

describe('help', () => {
  it.each([
    ['src/cli/portcullis.ts', 'portcullis <command>'],
    ['dev/start.ts', 'npm run dev'],
    ['dev/token.ts', 'npm run --silent token'],
    ['dev/revoke.ts', 'portcullis revoke'],
    ['dev/keys.ts', 'portcullis keys'],
  ])('%s has --help', async (program, words) => {
    expect(await start(program, ['--help'])).toEqual({
      code: 0,
      err: '',
      out: expect.stringContaining(words),
    });
  });

  it.each(['revoke', 'unrevoke', 'lookup', 'list', 'check'])(
    'portcullis help %s is its --help',
    async (name) => {
      const help = await portcullis(['help', name]);
      expect(help).toMatchObject({ code: 0, err: '' });
      expect(await portcullis([name, '--help'])).toEqual(help);
      expect(await portcullis([name, '-h'])).toEqual(help);
      expect((await portcullis(['help'])).out).toContain(`\n  ${name} `);
    },
  );

  it.each(['--version', '-v', 'version'])('portcullis %s is the version of the package', async (option) => {
    expect(await portcullis([option])).toEqual({ code: 0, out: `${manifest.version}\n`, err: '' });
  });
});
