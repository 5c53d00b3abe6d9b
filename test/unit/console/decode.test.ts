import { describe, expect, it } from 'vitest';
import { cleanToken, dateOf, readToken, textOf } from '../../../src/console/token/decode.ts';

const part = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value)).toBase64({ alphabet: 'base64url', omitPadding: true });
const token = (header: unknown, claims: unknown) => `${part(header)}.${part(claims)}.c2ln`;

describe('a pasted token', () => {
  it('is read with what people paste around it', () => {
    const text = token({ alg: 'ES256', kid: 'k~?' }, { sub: 'Zoë ???>>>', exp: 7 });
    const read = { header: { alg: 'ES256', kid: 'k~?' }, claims: { sub: 'Zoë ???>>>', exp: 7 } };
    expect(readToken(text)).toEqual(read);
    expect(readToken(` Bearer  ${text.slice(0, 20)}\n  ${text.slice(20)} `)).toEqual(read);
    expect(cleanToken(`bearer ${text}`)).toBe(text);
  });

  it.each([
    ['nothing', ''],
    ['an opaque one', 'abc'],
    ['an unsigned one without its dot', `${part({})}.${part({})}`],
    ['an encrypted one', 'a.b.c.d.e'],
    ['no JSON', `${part({})}.abc.c2ln`],
    ['a list', token({}, [])],
    ['null', token(null, {})],
    ['bytes that are no text', `${part({})}.${new Uint8Array([34, 255, 34]).toBase64()}.c2ln`],
  ])('is not read where it is %s', (_, text) => {
    expect(readToken(text)).toBeUndefined();
  });

  it('gives texts and dates where they are that, and nothing inherited', () => {
    const claims = { sub: 1, jti: 'a', exp: '7', iat: 7.5 };
    expect([textOf(claims, 'sub'), textOf(claims, 'jti'), textOf(claims, 'toString')]).toEqual(['', 'a', '']);
    expect([dateOf(claims, 'exp'), dateOf(claims, 'iat'), dateOf(claims, 'nbf')]).toEqual([
      undefined,
      7.5,
      undefined,
    ]);
  });
});
