import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { run } from '../../src/cli/run.ts';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { EXPLAINED_NOW, EXPLAINED_POLICY, explainedIssuer } from '../fixtures/explained.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

completeRuntime();

const page = readFileSync(join(REPOSITORY, 'docs/troubleshooting.md'), 'utf8');
const shown = [...page.matchAll(/```console\n\$ npx portcullis (.*)\n([\s\S]*?)```/g)].map(
  ([, command = '', output = '']) => [command, output] as const,
);

/** What the files of the page hold. */
let files: Readonly<Record<string, string>>;
let folder: string;
beforeAll(async () => {
  const { jwks, secrets, sign } = await explainedIssuer();
  folder = mkdtempSync(join(tmpdir(), 'portcullis-troubleshooting-'));
  writeFileSync(join(folder, 'wrangler.toml'), EXPLAINED_POLICY);
  writeFileSync(join(folder, '.dev.vars'), secrets);
  files = {
    [join(folder, 'jwks.json')]: jwks,
    'writer.jwt': await sign({ scope: 'orders:write' }),
    'slash.jwt': await sign({ iss: 'https://id.acme.example/' }),
    'id-token.jwt': await sign({ aud: 'spa-client', nonce: 'n-0S6' }, { typ: 'JWT' }),
    'expired.jwt': await sign({ iat: EXPLAINED_NOW - 480, exp: EXPLAINED_NOW - 180 }),
    'old-key.jwt': await sign({}, { kid: '2025-k' }),
    'permissions.jwt': await sign({ scope: 'openid', permissions: ['orders:read'] }),
    'other-tenant.jwt': await sign({ org: { tenant: 't2' } }),
    'event.json': JSON.stringify({
      event: 'request',
      time: EXPLAINED_NOW - 180,
      reference: '4d1f3e0c9a2b77586b0e51f2a4c83d07',
      method: 'GET',
      host: 'api.acme.example',
      path: '/orders/7',
      route: 'orders',
      decision: 'denied',
      reason: 'expired',
      evidence: 'exp',
      status: 401,
      unverified: {
        issuer: 'https://id.acme.example',
        audience: 'https://api.acme.example',
        expiresAt: EXPLAINED_NOW - 780,
      },
      totalMs: 0,
    }),
  };
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As a shell would: words, quotes, and a file as standard input. */
async function say(command: string): Promise<string> {
  const [words = '', input = ''] = command.split(' < ');
  const args = [...words.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  const file = (name: string) => {
    const text = files[name];
    if (text === undefined) throw new Error(`the page names ${name}, which nobody has`);
    return text;
  };
  const { said, terminal } = recordingTerminal({
    readStdin: async () => file(input),
    readFile: async (path) => file(path),
    now: () => EXPLAINED_NOW,
  });
  const where = args.includes('--event')
    ? []
    : ['--config', join(folder, 'wrangler.toml'), '--jwks', join(folder, 'jwks.json')];
  const code = await run([...args, ...where], terminal);
  expect({ code, err: said.err }).toEqual({ code: 0, err: '' });
  return said.out;
}

describe('docs/troubleshooting.md', () => {
  it('has commands', () => expect(shown.length).toBeGreaterThan(10));

  it.each(shown)('shows what this says: portcullis %s', async (command, output) => {
    const said = await say(command);
    const [beginning = '', rest] = output.split('…\n');
    if (rest === undefined) expect(said).toBe(output);
    else expect(said.slice(0, beginning.length)).toBe(beginning);
  });
});
