import { describe, expect, it } from 'vitest';
import type { Terminal } from '../../../src/cli/command.ts';
import { asTarget, identifiersIn, readTarget } from '../../../src/cli/target-arguments.ts';
import { recordingTerminal } from '../../fixtures/terminal.ts';
import { base64url } from '../../fixtures/tokens.ts';

const ISSUER = 'https://id.test';
const tokenOf = (claims: object) =>
  `${base64url('{"alg":"HS256"}')}.${base64url(JSON.stringify(claims))}.${'A'.repeat(43)}`;
const TOKEN = tokenOf({ iss: ISSUER, jti: 'one' });

const terminal = (stdin = ''): Terminal =>
  recordingTerminal({
    readStdin: async () => stdin,
    readFile: () => Promise.reject(new Error('no files here')),
  }).terminal;

describe('what is meant', () => {
  it.each([
    ['jti', 'jti'],
    ['sub', 'sub'],
    ['sid', 'sid'],
    ['client-id', 'client_id'],
    ['tenant', 'tenant'],
    ['kid', 'kid'],
  ])('by --%s is the member %s of the admin API', async (option, member) => {
    const read = await readTarget({ issuer: ISSUER, [option]: 'x' }, [], terminal());
    expect(asTarget(read)).toEqual({ issuer: ISSUER, [member]: 'x' });
  });

  it('by itself is a token identifier, from the command line or standard input', async () => {
    const expected = { issuer: ISSUER, jti: 'one' };
    expect(asTarget(await readTarget({ issuer: ISSUER }, ['one'], terminal()))).toEqual(expected);
    expect(asTarget(await readTarget({ issuer: ISSUER }, ['-'], terminal('one\n')))).toEqual(expected);
    expect(asTarget(await readTarget({}, ['-'], terminal(TOKEN)))).toEqual(expected);
  });

  it('by --whole-issuer is the issuer named as itself', async () => {
    const read = await readTarget({ issuer: ISSUER, 'whole-issuer': true }, [], terminal());
    expect(asTarget(read)).toEqual({ issuer: ISSUER, iss: ISSUER });
    expect(identifiersIn({ 'whole-issuer': false })).toEqual([]);
  });

  it.each<[string, Parameters<typeof readTarget>[0], readonly string[], RegExp]>([
    ['nothing', { issuer: ISSUER }, [], /none was given/],
    ['two ways', { issuer: ISSUER, sub: 'x' }, ['y'], /several were given/],
    ['two options', { issuer: ISSUER, sub: 'x', sid: 'y' }, [], /several were given/],
    ['no issuer', { sub: 'x' }, [], /--issuer is needed/],
    ['a whole issuer without a name', { 'whole-issuer': true }, [], /--issuer is needed/],
    ['an empty identifier', { issuer: ISSUER, sub: '' }, [], /empty/],
    ['a token as an identifier', { issuer: ISSUER, sub: TOKEN }, [], /--sub: .*found a token/],
    [
      'another issuer than the token’s',
      { issuer: 'https://else.test' },
      [TOKEN],
      /issued by "https:\/\/id.test"/,
    ],
    ['both from standard input', { issuer: ISSUER, 'token-file': '-' }, ['-'], /Standard input/],
  ])('is refused: %s', async (_what, values, positionals, message) => {
    await expect(readTarget(values, positionals, terminal())).rejects.toThrow(message);
  });

  it.each([{ iss: ISSUER }, { jti: 'one' }, { iss: 1, jti: 'one' }])(
    'by the token with %j has no name',
    async (claims) => {
      const read = await readTarget({}, [tokenOf(claims)], terminal());
      expect(() => asTarget(read)).toThrow(/no "iss" and "jti"/);
    },
  );
});
