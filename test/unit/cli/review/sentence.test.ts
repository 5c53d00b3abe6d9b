import { describe, expect, it } from 'vitest';
import { readSentence } from '../../../../src/cli/review/sentence.ts';

describe('a sentence', () => {
  it.each([
    ['no request reaches any origin', { method: undefined, target: { kind: 'all' }, terms: [] }],
    [
      'no request reaches route "r" without a token',
      { target: { kind: 'route', value: 'r' }, terms: [{ kind: 'token' }] },
    ],
    [
      'no request with method "post" reaches path "/a/*" without scope "s:*" from issuer "i" and client "c"',
      {
        method: 'POST',
        target: { kind: 'path', value: '/a/*' },
        terms: [
          { kind: 'scope', value: 's:*' },
          { kind: 'issuer', value: 'i' },
          { kind: 'client', value: 'c' },
        ],
      },
    ],
    [
      'no  request reaches host "*.A.example"\nwithout claim "/org/t" equal to "1" and claim "x"',
      {
        target: { kind: 'host', value: '*.a.example' },
        terms: [
          { kind: 'claim', name: '/org/t', value: '1' },
          { kind: 'claim', name: 'x', value: undefined },
        ],
      },
    ],
  ])('is read: %s', (text, meant) => {
    expect(readSentence(text)).toMatchObject({ ok: true, value: meant });
  });

  it.each([
    ['', 'expected "no request", found the end'],
    ['no request reaches', 'expected any origin'],
    ['no request reaches origin billing', 'expected the origin in quotation marks, found "billing"'],
    ['no request reaches origin ""', 'in quotation marks'],
    ['no request reaches "any" origin', 'expected any origin'],
    ['no request reaches any origin without', 'expected a token, scope'],
    [
      'no request reaches any origin without a token or client "c"',
      'expected the end of the sentence, found "or"',
    ],
    ['no request reaches any origin without scope "s', 'not closed'],
    ['no request reaches path "a"', 'is no path'],
    ['no request reaches path "/a/:id"', 'is no path'],
    ['no request reaches path "/a*"', 'is no path'],
    ['no request reaches path "/a/../b"', 'is no path'],
    ['no request reaches path "/%61"', 'is no path'],
    ['no request reaches path "/caf%c3%a9/*"', 'is no path'],
    ['no request reaches path "/a%2f"', 'is no path'],
    ['no request reaches path "//a"', 'is no path'],
    ['no request reaches host "a.example/x"', 'is no host'],
    ['no request reaches host "[::1]"', 'is no host'],
    ['no request reaches host "a.example:8443"', 'is no host'],
    ['no request reaches host "a.example."', 'is no host'],
    ['no request reaches route “r”', 'in quotation marks'],
    ["no request reaches route 'r'", 'in quotation marks'],
    ['no request reaches any origin without no token', 'expected a token, scope'],
    ['every request reaches any origin', 'expected "no request"'],
  ])('is refused: %s', (text, why) => {
    const read = readSentence(text);
    expect(read.ok ? 'read' : read.error).toContain(why);
  });
});
