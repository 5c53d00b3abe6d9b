import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import type { Judgement } from '../../src/cli/review/judge.ts';
import { run } from '../../src/cli/run.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

completeRuntime();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-diff-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const POLICY = `
main = "src/gateway/worker.ts"
[[durable_objects.bindings]]
name = "REVOCATIONS"
class_name = "RevocationObject"

[vars.ISSUERS.acme]
issuer = "https://id.acme.example"
audience = ["https://api.acme.example"]
algorithms = ["ES256"]
jwks_uri = "https://id.acme.example/keys"

[vars.ISSUERS.other]
issuer = "https://id.other.example"
audience = "https://api.acme.example"

[vars.ROUTES.orders]
path = "/orders/:id"
methods = ["GET"]
origin = "https://orders.example"
issuers = ["acme"]
token_sources = ["bearer"]
revocation = { mode = "cached", max_staleness = "5s" }
require = { claim = "level", min = 3 }
`;

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

async function compare(from: string, to: string, ...args: string[]) {
  const { said, terminal } = recordingTerminal();
  const code = await run(['diff', write('old.toml', from), write('new.toml', to), ...args], terminal);
  return { code, ...said };
}

/** The verdicts on one change, all of whose witnesses have shown what they should. */
async function verdictsOn(from: string, to: string) {
  const { out, err, code } = await compare(from, to, '--json');
  expect(err).toBe('');
  const { sections, widening, unconfirmed } = JSON.parse(out) as Judgement;
  expect({ unconfirmed, code }).toEqual({ unconfirmed: 0, code: widening ? 1 : 0 });
  const all = sections.flatMap(({ differences }) => differences);
  return all.map(({ verdict, widening: widens, witness }) =>
    [verdict, widens ? 'widens' : '', witness ? 'shown' : ''].filter((word) => word !== '').join(' '),
  );
}

const changed = (from: string, to: string): string => {
  expect(POLICY).toContain(from);
  return POLICY.replace(from, to);
};

describe('portcullis diff', () => {
  it('shows each difference by itself: a witness is signed by what both policies take', async () => {
    const from = changed('["ES256"]', '["RS256", "ES256"]');
    const to = changed('["ES256"]', '["RS256"]').replace('min = 3', 'min = 2');
    const { out } = await compare(from, to, '--json');
    const { sections } = JSON.parse(out) as Judgement;
    const looser = sections
      .flatMap(({ differences }) => differences)
      .find(({ verdict }) => verdict === 'looser');
    expect(looser?.confirmation?.old.reason).toBe('claim_forbidden');
    expect(looser?.confirmation?.new.passes).toBe(true);
  });

  it.each<[string, string, string, string[], string[]]>([
    ['a lower bound', 'min = 3', 'min = 2', ['looser widens shown'], ['stricter shown']],
    [
      'another test of the same values',
      'min = 3',
      'min = 3, max = 3',
      ['stricter shown'],
      ['looser widens shown'],
    ],
    ['another algorithm', '["ES256"]', '["ES256", "EdDSA"]', ['looser widens shown'], ['stricter shown']],
    [
      'another audience',
      '["https://api.acme.example"]',
      '["https://api.acme.example", "x"]',
      ['looser widens shown'],
      ['stricter shown'],
    ],
    [
      'a greatest age',
      'algorithms = ["ES256"]',
      'algorithms = ["ES256"]\nmax_token_age = "5m"',
      ['stricter shown'],
      ['looser widens shown'],
    ],
    [
      'a claim that must be there',
      'algorithms = ["ES256"]',
      'algorithms = ["ES256"]\nrequired_claims = ["nonce"]',
      ['stricter shown'],
      ['looser widens shown'],
    ],
    [
      'another claim for the identifier',
      'algorithms = ["ES256"]',
      'algorithms = ["ES256"]\njti_claim = "uti"',
      ['looser widens shown', 'stricter shown'],
      ['looser widens shown', 'stricter shown'],
    ],
    [
      'another claim for the audience',
      'algorithms = ["ES256"]',
      'algorithms = ["ES256"]\naudience_claim = "azp"',
      ['looser widens shown', 'stricter shown'],
      ['looser widens shown', 'stricter shown'],
    ],
    [
      'another claim for scopes, which nothing asks for',
      'algorithms = ["ES256"]',
      'algorithms = ["ES256"]\nscope_claim = "scp"',
      ['other'],
      ['other'],
    ],
    [
      'a claim that names the tenant',
      'algorithms = ["ES256"]',
      'algorithms = ["ES256"]\ntenant_claim = "tid"',
      ['stricter'],
      ['looser widens'],
    ],
    [
      'a longest lifetime',
      'algorithms = ["ES256"]',
      'algorithms = ["ES256"]\nmax_token_lifetime = "2m"',
      ['stricter shown', 'other'],
      ['looser widens shown', 'other'],
    ],
    [
      'tokens that may be encrypted',
      'algorithms = ["ES256"]',
      'algorithms = ["ES256"]\ndecryption_keys = "BOX"\nencryption = "optional"',
      ['looser widens shown'],
      ['stricter shown'],
    ],
    [
      'tokens that must be encrypted',
      'algorithms = ["ES256"]',
      'algorithms = ["ES256"]\ndecryption_keys = "BOX"',
      ['looser widens shown', 'stricter shown'],
      ['looser widens shown', 'stricter shown'],
    ],
    [
      'tokens without a type',
      'algorithms = ["ES256"]',
      'algorithms = ["ES256"]\ntype_required = true',
      ['stricter shown'],
      ['looser widens shown'],
    ],
    [
      'a claim that was required anyway',
      'algorithms = ["ES256"]\njwks_uri',
      'algorithms = ["ES256"]\nrequired_claims = ["jti"]\njwks_uri',
      ['other'],
      ['other'],
    ],
    ['other keys', '/keys"', '/more-keys"', ['looser widens'], ['looser widens']],
    [
      'tokens without an expiry',
      'algorithms = ["ES256"]',
      'algorithms = ["ES256"]\nallow_no_expiry = true\nmax_token_age = "5m"',
      ['looser widens shown', 'stricter shown'],
      ['stricter shown', 'looser widens shown'],
    ],
    [
      'another profile',
      'algorithms = ["ES256"]',
      'algorithms = ["ES256"]\nprofile = "rfc9068"',
      ['stricter shown', 'stricter shown', 'stricter shown'],
      ['looser widens shown', 'looser widens shown', 'looser widens shown'],
    ],
    [
      'keys that discovery finds',
      'jwks_uri = "https://id.acme.example/keys"\n',
      '',
      ['may_differ widens'],
      ['may_differ widens'],
    ],
    [
      'keys that are trusted for longer when the issuer fails',
      '/keys"',
      '/keys"\njwks_cache = { stale_if_error = "2d" }',
      ['looser widens'],
      ['stricter'],
    ],
    [
      'the time that a key set may take',
      '/keys"',
      '/keys"\njwks_cache = { timeout = "1s" }',
      ['other'],
      ['other'],
    ],
    ['keys named one by one', '/keys"', '/keys"\nallowed_kids = ["k1"]', ['stricter'], ['looser widens']],
    ['a key that is blocked', '/keys"', '/keys"\nblocked_kids = ["k1"]', ['stricter'], ['looser widens']],
    [
      'a secret in the place of a key set',
      '["ES256"]\njwks_uri = "https://id.acme.example/keys"',
      '["HS256"]\nhmac_secret = "HMAC"',
      ['looser widens shown', 'stricter shown', 'looser widens'],
      ['looser widens shown', 'stricter shown', 'looser widens'],
    ],
    [
      'another issuer',
      'issuers = ["acme"]',
      'issuers = ["acme", "other"]',
      ['looser widens shown'],
      ['stricter shown'],
    ],
    [
      'a cookie',
      '["bearer"]',
      '["bearer", { cookie = "__Host-t" }]',
      ['looser widens shown'],
      ['stricter shown'],
    ],
    [
      'no revocation',
      '{ mode = "cached", max_staleness = "5s" }',
      '{ mode = "off" }',
      ['looser widens shown'],
      ['stricter shown'],
    ],
    ['longer staleness', '"5s"', '"50s"', ['other widens'], ['other']],
    ['doubt accepted', '"5s" }', '"5s", on_unavailable = "accept" }', ['other widens'], ['other']],
    ['another method', '["GET"]', '["GET", "POST"]', ['looser widens shown'], ['newly_refused shown']],
    [
      'a report',
      'issuers = ["acme"]',
      'issuers = ["acme"]\nenforce = "report"',
      ['newly_reachable widens shown'],
      ['newly_refused shown'],
    ],
    ['another origin', 'orders.example', 'elsewhere.example', ['moved'], ['moved']],
    ['another name of a parameter', ':id', ':order', [], []],
    ['a limit', 'issuers = ["acme"]', 'issuers = ["acme"]\ntimeout = "3s"', ['other'], ['other']],
  ])('tells of %s, in both directions', async (_, from, to, there, back) => {
    const after = changed(from, to);
    expect(await verdictsOn(POLICY, after)).toEqual(there);
    expect(await verdictsOn(after, POLICY)).toEqual(back);
  });

  it.each([
    ['method', 'methods = ["GET"]\n', '{ method = ["GET"] }'],
    ['host', '', '{ host = ["h.example"] }'],
  ])('tells apart what a requirement asks of another %s', async (_, from, exempt) => {
    const asking = (min: number) =>
      changed(
        'require = { claim = "level", min = 3 }',
        `require = { any = [${exempt}, { claim = "level", min = ${min} }] }`,
      ).replace(from, '');
    const { out } = await compare(asking(3), asking(2), '--json');
    const { sections } = JSON.parse(out) as Judgement;
    expect(sections.map(({ differences }) => differences.map(({ verdict }) => verdict))).toEqual([
      ['looser'],
    ]);
    const shown = sections[0]?.differences[0]?.witness;
    expect(shown?.method).toBe(exempt.includes('method') ? 'POST' : 'GET');
    expect(shown?.url).not.toContain('//h.example');
  });

  const guarded = (text: string, policy = POLICY) => `${policy}\n[vars.GATEWAY]\n${text}\n`;
  const reader = (name: string, scope: string) => guarded(`${name} = { issuer = "acme", scope = ${scope} }`);
  const limited = (
    limit: number,
    period: string,
  ) => `failed_authentication_limit = { binding = "GUESSES", limit = ${limit}, period = "${period}" }

[[ratelimits]]
name = "GUESSES"
namespace_id = "1001"
simple = { limit = ${limit}, period = ${Number.parseInt(period, 10)} }`;

  it.each<[string, string, string, boolean, boolean]>([
    ['readers of the status', guarded(''), reader('status', '["ops"]'), true, false],
    ['readers of explanations', guarded(''), reader('explain', '["ops"]'), true, false],
    ['readers of timings', guarded(''), reader('server_timing', '["ops"]'), true, false],
    [
      'fewer scopes of a reader',
      reader('status', '["ops", "read"]'),
      reader('status', '["ops"]'),
      true,
      false,
    ],
    ['another scope of a reader', reader('explain', '["ops"]'), reader('explain', '["read"]'), true, true],
    [
      'another issuer of readers',
      reader('explain', '["ops"]'),
      reader('explain', '["ops"]').replace('issuer = "acme"', 'issuer = "other"'),
      true,
      true,
    ],
    ['no bound for failures', guarded(limited(50, '60s')), guarded(''), true, false],
    ['more failures', guarded(limited(50, '60s')), guarded(limited(60, '60s')), true, false],
    ['failures more often', guarded(limited(50, '60s')), guarded(limited(50, '10s')), true, false],
    ['more failures at once', guarded(limited(10, '10s')), guarded(limited(50, '60s')), true, true],
    ['no pinned epoch', guarded('revocation_epoch = "a"'), guarded(''), true, false],
    ['another epoch', guarded('revocation_epoch = "a"'), guarded('revocation_epoch = "b"'), true, true],
    ['larger tokens', guarded(''), guarded('max_token_bytes = 16384'), true, false],
    ['a name of its own', guarded('realm = "a"'), guarded('realm = "b"'), false, false],
  ])(
    'tells whether %s widen what holds beside the routes, in both directions',
    async (_, from, to, there, back) => {
      const widens = async (old: string, now: string) => {
        const { out, err } = await compare(old, now, '--json');
        expect(err).toBe('');
        const { sections, widening } = JSON.parse(out) as Judgement;
        expect(sections).not.toEqual([]);
        return widening;
      };
      expect(await widens(from, to)).toBe(there);
      expect(await widens(to, from)).toBe(back);
    },
  );

  it('shows that revocation is not asked about any more where the identifier is in another claim as well', async () => {
    // A profile whose tokens have a jti in any case.
    const from = changed('algorithms = ["ES256"]', 'algorithms = ["ES256"]\nprofile = "rfc9068"');
    const to = from
      .replace('{ mode = "cached", max_staleness = "5s" }', '{ mode = "off" }')
      .replace('profile = "rfc9068"', 'profile = "rfc9068"\njti_claim = "uti"');
    expect(await verdictsOn(from, to)).toContain('looser widens shown');
  });

  it('tells which tokens pass where an issuer has scopes in another claim', async () => {
    const of = (claim: string) =>
      changed('require = { claim = "level", min = 3 }', 'scope = ["orders:read"]').replace(
        'algorithms = ["ES256"]',
        `algorithms = ["ES256"]${claim}`,
      );
    const scp = of('\nscope_claim = "scp"');
    const both = ['other', 'looser widens shown', 'stricter shown'];
    expect(await verdictsOn(of(''), scp)).toEqual(both);
    expect(await verdictsOn(scp, of(''))).toEqual(both);
    // A token has either of them, or the first alone.
    const scope = of('\nscope_claim = "scope"');
    expect(await verdictsOn(of(''), scope)).toEqual(['other', 'stricter shown']);
    expect(await verdictsOn(scope, of(''))).toEqual(['other', 'looser widens shown']);
  });

  it('tells that readers of the status widen with what is asked of their issuer', async () => {
    const strict = reader('status', '["ops"]').replace(
      'issuer = "https://id.other.example"',
      'issuer = "https://id.other.example"\nmax_token_age = "5m"',
    );
    const of = (text: string) => text.replace('{ issuer = "acme", scope', '{ issuer = "other", scope');
    const [was, is] = [of(strict), of(reader('status', '["ops"]'))];
    expect((await compare(was, is)).code).toBe(1);
    expect((await compare(is, was)).code).toBe(0);
  });

  it('lets widening through where that is allowed', async () => {
    const after = changed('min = 3', 'min = 2');
    expect(await compare(POLICY, after, '--allow-widening')).toMatchObject({ code: 0, err: '' });
    expect(await compare(POLICY, after)).toMatchObject({ code: 1, err: '' });
  });

  it('writes values of others in Markdown as text', async () => {
    const after = changed('claim = "level", min = 3', 'claim = "level", equals = "`<b>"');
    const { out } = await compare(POLICY, after, '--markdown');
    expect(out).toContain(
      '  - ``  claim level at least 3 → claim level equals "`<b>" ``'.replace('``  ', '`` '),
    );
  });

  it('takes policies from git', async () => {
    const file = write('wrangler.toml', POLICY);
    const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { stdio: 'pipe' });
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('-c', 'user.name=t', '-c', 'user.email=t@t.example', 'commit', '-q', '-m', 'first');
    write('wrangler.toml', changed('min = 3', 'min = 2'));
    const program = join(import.meta.dirname, '../../src/cli/portcullis.ts');
    const diff = (...args: string[]): string => {
      try {
        return execFileSync(process.execPath, [program, 'diff', ...args], {
          cwd: folder,
          encoding: 'utf8',
          stdio: 'pipe',
        });
      } catch (error) {
        return error instanceof Error && 'stdout' in error && 'stderr' in error
          ? `${error.stdout}${error.stderr}`
          : '';
      }
    };
    expect(file).toContain(folder);
    expect(diff('main')).toContain('It widens.');
    expect(diff('main', 'HEAD')).toContain('no differences');
    expect(diff('nowhere')).toContain('nowhere is no file, and git has no wrangler.toml there');
    expect(diff('--config', 'no.toml', 'main')).toContain('git has no no.toml there');
  });

  it.each([
    ['no policy', [], 2],
    ['three', ['a', 'b', 'c'], 2],
    ['two forms', ['a', 'b', '--json', '--markdown'], 2],
    ['an option of git', ['--', '--output=/tmp/x'], 1],
  ])('refuses %s', async (_, args, code) => {
    const { terminal } = recordingTerminal();
    expect(await run(['diff', ...args], terminal)).toBe(code);
  });
});
