import { beforeAll, describe, expect, it } from 'vitest';
import { someClaims } from '../fixtures/policies.ts';
import { base64url, newSigningKey, type SigningKey, sign, signRaw } from '../fixtures/tokens.ts';
import { outcomeOf } from '../fixtures/verification.ts';

let key: SigningKey;
let token: string;
beforeAll(async () => {
  key = await newSigningKey('ES256');
  token = await sign(key, someClaims());
});

const withHeader = async (members: string) =>
  outcomeOf(await signRaw(key, `{"alg":"ES256","kid":"k1"${members}}`, JSON.stringify(someClaims())), [
    key.key,
  ]);

describe('RFC 7515', () => {
  it.each([
    ['padding', (t: string) => `${t}=`],
    ['a line break', (t: string) => `${t}\n`],
    ['white space', (t: string) => t.replace('.', '. ')],
    ['the standard alphabet', (t: string) => `${t.slice(0, -4)}+/AA`],
    ['a character outside ASCII', (t: string) => `é${t}`],
  ])('RFC 7515 §2: base64url without %s', async (_name, change) => {
    expect(await outcomeOf(change(token), [key.key])).toBe('token_malformed');
  });

  it.each([
    ['two parts', (t: string) => t.slice(0, t.lastIndexOf('.'))],
    ['four parts', (t: string) => `${t}.AAAA`],
    ['five parts (JWE)', (t: string) => `${t}.AAAA.AAAA`],
    ['no header', (t: string) => t.slice(t.indexOf('.'))],
    ['no payload', (t: string) => t.replace(/\..*\./, '..')],
    ['JSON serialization', (t: string) => JSON.stringify({ protected: t.split('.')[0] })],
    ['nothing', () => ''],
    ['dots', () => '..'],
  ])('RFC 7515 §3.1: compact serialization has three parts: %s', async (_name, change) => {
    expect(await outcomeOf(change(token), [key.key])).toBe('token_malformed');
  });

  it('RFC 7515 §4: duplicate header parameters are rejected', async () => {
    expect(await withHeader(',"alg":"ES256"')).toBe('token_malformed');
    expect(await withHeader(',"k\\u0069d":"k1"')).toBe('token_malformed');
  });

  it.each(['{"kid":"k1"}', '{"alg":1}', '{"alg":["ES256"]}', '[]', 'null', '""', 'x'])(
    'RFC 7515 §4.1.1: alg must be there, as a string: %s',
    async (header) => {
      expect(await outcomeOf(await signRaw(key, header, JSON.stringify(someClaims())), [key.key])).toBe(
        'token_malformed',
      );
    },
  );

  it.each(['none', 'None', 'nOnE', '', 'es256', 'ES256 ', 'HS256', 'RS1', '__proto__'])(
    'RFC 7515 §4.1.1: alg %j is not on the list',
    async (alg) => {
      expect(await outcomeOf(await sign(key, someClaims(), { alg }), [key.key])).toBe(
        'algorithm_not_allowed',
      );
    },
  );

  it.each([
    [',"jku":"https://evil.example/jwks"', 'verified'],
    [',"x5u":"https://evil.example/cert"', 'verified'],
    [',"x5c":["AAAA"]', 'verified'],
  ])(
    'RFC 7515 §4.1.2, §4.1.5, §4.1.6: key references in the header are never used: %s',
    async (members, outcome) => {
      expect(await withHeader(members)).toBe(outcome);
    },
  );

  it('RFC 7515 §4.1.3: a key in the header is never used', async () => {
    const attacker = await newSigningKey('ES256');
    const forged = await sign(attacker, someClaims(), { jwk: attacker.jwk });
    expect(await outcomeOf(forged, [key.key])).toBe('signature_invalid');
  });

  it.each(['1', 'false', '["k1"]', '{}'])('RFC 7515 §4.1.4: kid is a string: %s', async (kid) => {
    const header = `{"alg":"ES256","kid":${kid}}`;
    expect(await outcomeOf(await signRaw(key, header, JSON.stringify(someClaims())), [key.key])).toBe(
      'token_malformed',
    );
  });

  it('RFC 7515 §4.1.4: a kid of null names no key, as if it were not there', async () => {
    const nameless = await signRaw(key, '{"alg":"ES256","kid":null}', JSON.stringify(someClaims()));
    const other = await newSigningKey('ES256');
    expect(await outcomeOf(nameless, [{ ...key.key, kid: undefined }])).toBe('verified');
    expect(await outcomeOf(nameless, [{ ...other.key, kid: undefined }])).toBe('signature_invalid');
  });

  it.each(['["exp"]', '["b64"]', '[]', 'null', '"exp"', '["unknown"]'])(
    'RFC 7515 §4.1.11: crit names what is not understood here, so it is rejected: %s',
    async (crit) => {
      expect(await withHeader(`,"crit":${crit},"unknown":1`)).toBe('token_malformed');
    },
  );

  it.each([',"b64":false', ',"b64":true', ',"zip":"DEF"', ',"enc":"A128GCM"'])(
    'RFC 7515 §4: parameters that change the meaning of the token are rejected: %s',
    async (members) => {
      expect(await withHeader(members)).toBe('token_malformed');
    },
  );

  it('RFC 7515 §5.2: a signature over other content is rejected', async () => {
    const [header, , signature] = token.split('.');
    const payload = base64url(JSON.stringify(someClaims({ sub: 'admin' })));
    expect(await outcomeOf(`${header}.${payload}.${signature}`, [key.key])).toBe('signature_invalid');
  });

  it('RFC 7515 §5.2: a signature by another key of the same kid is rejected', async () => {
    const other = await newSigningKey('ES256');
    expect(await outcomeOf(await sign(other, someClaims()), [key.key])).toBe('signature_invalid');
  });

  it.each(['', 'AAAA', 'A'.repeat(86), 'A'.repeat(4000)])(
    'RFC 7515 §5.2: a signature of any other length is a rejection, not an error',
    async (signature) => {
      const forged = `${token.slice(0, token.lastIndexOf('.'))}.${signature}`;
      expect(await outcomeOf(forged, [key.key])).toBe('signature_invalid');
    },
  );
});
