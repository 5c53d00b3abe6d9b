import { describe, expect, it } from 'vitest';
import { type Terminal, UsageError } from '../../../src/cli/command.ts';
import { readRevocationLines } from '../../../src/cli/revocation-lines.ts';
import { recordingTerminal } from '../../fixtures/terminal.ts';

const read = (text: string, common = {}) => {
  const { terminal } = recordingTerminal({
    readStdin: async () => text,
    readFile: () => Promise.reject(new Error('no such file \u0007')),
  });
  return readRevocationLines('-', common, terminal);
};

describe('many revocations', () => {
  it('are one JSON object a line; what a line does not say is filled in', async () => {
    const lines = '{"sub":"a"}\r\n\n  {"sid":"b","reason":"own","issuer":"x"}  \n{"token":"c"}\n';
    expect(await read(lines, { issuer: 'i', reason: 'all' })).toEqual([
      { issuer: 'i', reason: 'all', sub: 'a' },
      { issuer: 'x', reason: 'own', sid: 'b' },
      { reason: 'all', token: 'c' },
    ]);
  });

  it.each([
    ['nothing', ' \n\n', /no revocation/],
    ['a line that is no JSON', '{"sub":"a"}\n{"sub":secret}', /^--from: line 2: /],
    ['a list', '[]', /^--from: line 1: /],
    ['null', '{"sub":"a"}\n\nnull', /^--from: line 3: /],
    ['one line too many', '{"sub":"a"}\n'.repeat(501), /at most 500 lines, found 501/],
  ])('are not %s', async (_what, text, message) => {
    const fault = await read(text).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(UsageError);
    expect(String((fault as Error).message)).toMatch(message);
    expect(String((fault as Error).message)).not.toContain('secret');
  });

  it('may be as many as the admin API takes', async () => {
    expect(await read('{"sub":"a"}\n'.repeat(500))).toHaveLength(500);
  });

  it('are not read from a file that is not there', async () => {
    const terminal = {
      readFile: () => Promise.reject(new Error('no such file \u0007')),
    } as unknown as Terminal;
    await expect(readRevocationLines('x', {}, terminal)).rejects.toThrow('--from: no such file \\u{7}');
  });
});
