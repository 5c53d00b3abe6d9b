import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { type Finding, proofs, type Target } from '../prove/proofs.ts';

/** As a person starts it. */
const prove = (...args: readonly string[]) =>
  new Promise<{ code: number; out: string; err: string }>((done) => {
    execFile(process.execPath, [join(REPOSITORY, 'test/prove/prove.ts'), ...args], (error, out, err) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });

const findings = async (target: Target): Promise<readonly Finding[]> => {
  const all: Finding[] = [];
  for await (const finding of proofs(target)) all.push(finding);
  return all;
};

const broken = (all: readonly Finding[]) =>
  all.filter(({ verdict }) => verdict === 'broken').map(({ tried }) => tried);

describe('npm run prove', () => {
  it('against a stack of its own holds everywhere, says so in sentences, and ends with 0', async () => {
    const { code, out, err } = await prove();
    expect(err).toBe('');
    expect(out).toContain('The same token with "alg": "none" and no signature: refused (401), as it should.');
    expect(out).toContain('An expired token with a good signature: refused (401), as it should.');
    expect(out).toContain('A token with a good signature for another audience: refused (401), as it should.');
    expect(out).toContain('as two tabs do: both got the same successor, as it should.');
    expect(out).toMatch(/\n\d\d held, 0 did not, 0 not tried\.\n$/);
    expect(out).not.toMatch(/eyJ|prt_/);
    expect(code).toBe(0);
  }, 60_000);

  it('against what does not answer could not be tried', async () => {
    expect((await prove('--gateway', 'http://127.0.0.1:1/x')).code).toBe(3);
  });

  it.each([[['--gatway', 'x']], [['--gateway', 'x']], [['--token-service', 'http://127.0.0.1:1']]])(
    'mistyped is 2: %j',
    async (args) => {
      expect((await prove(...args)).code).toBe(2);
    },
  );
});

describe('what it finds', () => {
  const token = [{ alg: 'ES256' }, { sub: 'a' }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .concat('c2ln')
    .join('.');
  const open: Target = {
    call: async () => 200,
    login: async () => ({ access: token, refresh: 'r' }),
    refresh: async () => ({ status: 200, access: token, refresh: crypto.randomUUID() }),
    revoke: async () => 200,
    expired: async () => token,
    foreign: async () => token,
  };

  it('in a gateway that lets everything in is everything but what should be let in', async () => {
    const all = await findings(open);
    expect(all.filter(({ verdict }) => verdict === 'held').map(({ tried }) => tried)).toEqual([
      'A token as it was issued',
      'The successor of that refresh token',
      'The revocation of a refresh token',
    ]);
    expect(broken(all).length).toBe(all.length - 3);
  });

  it('in a gateway that refuses everything is what should be let in', async () => {
    const all = await findings({ ...open, call: async () => 401 });
    expect(broken(all)).toContain('A token as it was issued');
    expect(broken(all)).not.toContain('A request without a token');
  });

  it.each([500, 503, 302])('in a gateway that answers %i is that nothing holds', async (status) => {
    const all = await findings({ ...open, call: async () => status });
    expect(broken(all)).toContain('A request without a token');
    expect(broken(all)).toContain('An expired token with a good signature');
  });

  it('without a token service is said not to have been tried', async () => {
    const all = await findings({ call: async () => 401 });
    expect(all.map(({ verdict }) => verdict)).toEqual(['held', 'untried', 'untried', 'untried']);
  });
});
