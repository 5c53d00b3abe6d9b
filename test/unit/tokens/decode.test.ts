import { describe, expect, it } from 'vitest';
import { decodeToken } from '../../../src/tokens/decode.ts';

const encode = (text: string) => btoa(text).replaceAll('+', '-').replaceAll('/', '_');
const bare = (text: string) => encode(text).replaceAll('=', '');

const HEADER = '{"alg":"ES256" }';
const PAYLOAD = '{"sub":"user" } ';
const SIGNATURE = 'a signature';

describe('a token with padded parts', () => {
  const parts = [HEADER, PAYLOAD, SIGNATURE];
  const padded = parts.map(encode).join('.');

  it.each([0, 1, 2])('is refused unless padding is asked for: part %i', (index) => {
    const token = parts.map((part, at) => (at === index ? encode(part) : bare(part))).join('.');
    expect(token).toContain('=');
    expect(decodeToken(token)).toMatchObject({ ok: false, error: { reason: 'token_malformed' } });
    expect(decodeToken(token, true)).toMatchObject({ ok: true });
    // What one caller may read is remembered for no other.
    expect(decodeToken(token)).toMatchObject({ ok: false });
  });

  it('is signed as it stands', () => {
    const decoded = decodeToken(padded, true);
    expect(decoded).toMatchObject({
      ok: true,
      value: { claims: { sub: 'user' }, signingInput: `${encode(HEADER)}.${encode(PAYLOAD)}` },
    });
  });
});
