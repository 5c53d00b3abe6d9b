import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/cli/command.ts';
import { holdsToken, readTokenText } from '../../../src/cli/token-text.ts';
import { base64url } from '../../fixtures/tokens.ts';

const HEADER = base64url('{"alg":"ES256"}');
const PAYLOAD = base64url('{"iss":"https://id.test","jti":"one"}');
const SIGNATURE = 'A'.repeat(86);
const TOKEN = `${HEADER}.${PAYLOAD}.${SIGNATURE}`;

describe('text that is to be revoked', () => {
  it.each([TOKEN, ` ${TOKEN}\n`, `Bearer ${TOKEN}`, `authorization: bearer   ${TOKEN}`])(
    'is a token: %.24s',
    (text) =>
      expect(readTokenText(text)).toEqual({ token: TOKEN, claims: { iss: 'https://id.test', jti: 'one' } }),
  );

  it.each(['one', '3f2a-11', 'a.b.c', 'user@id.test', '', `${base64url('[1]')}.x.y`])(
    'may be an identifier: %j',
    (text) => expect(readTokenText(text)).toBeUndefined(),
  );

  it.each<[string, string, RegExp]>([
    ['two tokens', `${TOKEN} ${TOKEN}`, /spaces/],
    ['a token cut in its signature', TOKEN.slice(0, -1), /cut short/],
    ['a token cut in its payload', `${HEADER}.${PAYLOAD.slice(0, -2)}.${SIGNATURE}`, /cut short/],
    ['a header alone', HEADER, /cut short/],
    ['a token in a URL', `https://id.test/?t=${TOKEN}`, /cut short or has other text/],
    ['an unsigned token', `${base64url('{"alg":"NONE"}')}.${PAYLOAD}.${SIGNATURE}`, /not signed/],
    ['a token without its signature', `${HEADER}.${PAYLOAD}.`, /not signed/],
    ['an encrypted token', `${base64url('{"alg":"dir","enc":"A128GCM"}')}..a.b.c`, /encrypted/],
    ['a scheme without a token', 'Bearer one', /not a signed token/],
  ])('is neither: %s', (_what, text, message) => {
    expect(() => readTokenText(text)).toThrow(UsageError);
    expect(() => readTokenText(text)).toThrow(message);
  });

  it('is not repeated in what is said of it', () => {
    expect(() => readTokenText(TOKEN.slice(0, -1))).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('eyJ') }),
    );
  });
});

it.each([
  [TOKEN, true],
  [`${HEADER}.`, true],
  ['Bearer x', true],
  ['bearer', false],
  ['one', false],
  [PAYLOAD, false],
])('%.20s is or begins as a token: %s', (text, expected) => expect(holdsToken(text)).toBe(expected));
