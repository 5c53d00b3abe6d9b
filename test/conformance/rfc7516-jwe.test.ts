import { importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { encryptionFault, plaintextOf } from '../../src/tokens/decrypt.ts';
import { isEncrypted, readEncryptedHeader } from '../../src/tokens/encrypted-header.ts';
import { encrypt, newRecipient, outcome, signer } from '../fixtures/encrypted-tokens.ts';
import { someClaims } from '../fixtures/policies.ts';
import { base64url, sign } from '../fixtures/tokens.ts';

const signed = async (claims: Record<string, unknown> = {}, header: object = {}) =>
  sign(await signer, someClaims(claims), header);
const ec = await newRecipient('ECDH-ES');
const rsa = await newRecipient('RSA-OAEP-256');
const KEYS = { EC: JSON.stringify(ec.jwk), RSA: rsa.pem };
const FAILED = 'decryption_failed: encrypted token';

/** A token whose parts are replaced, by number. */
const withPart = (token: string, index: number, change: (part: string) => string): string =>
  token
    .split('.')
    .map((part, at) => (at === index ? change(part) : part))
    .join('.');
const withHeader = (token: string, change: (header: Record<string, unknown>) => object): string =>
  withPart(token, 0, (part) =>
    base64url(
      JSON.stringify(
        change(JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(part, { alphabet: 'base64url' })))),
      ),
    ),
  );
/** Another first octet, in the same length and canonical. */
const flipped = (part: string): string => `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}`;

/** RFC 7520 §5.5, Figures 108 and 109 (key), 117 (compact). */
const COOKBOOK_KEY = {
  kty: 'EC',
  kid: 'meriadoc.brandybuck@buckland.example',
  use: 'enc',
  crv: 'P-256',
  x: 'Ze2loSV3wrroKUN_4zhwGhCqo3Xhu1td4QjeQ5wIVR0',
  y: 'HlLtdXARY_f55A3fnzQbPcm6hgr34Mp8p-nuzQCE0Zw',
  d: 'r_kHyZ-a06rmxM3yESK84r1otSg-aQcVStkRhA-iCM8',
};
const COOKBOOK_TOKEN =
  'eyJhbGciOiJFQ0RILUVTIiwia2lkIjoibWVyaWFkb2MuYnJhbmR5YnVja0BidWNrbGFuZC5leGFtcGxlIiwiZXBrIjp7Imt0eSI6IkVDIiwiY3J2IjoiUC0yNTYiLCJ4IjoibVBVS1RfYkFXR0hJaGcwVHBqanFWc1AxclhXUXVfdndWT0hIdE5rZFlvQSIsInkiOiI4QlFBc0ltR2VBUzQ2ZnlXdzVNaFlmR1RUMElqQnBGdzJTUzM0RHY0SXJzIn0sImVuYyI6IkExMjhDQkMtSFMyNTYifQ' +
  '..yc9N8v5sYyv3iGQT926IUg.BoDlwPnTypYq-ivjmQvAYJLb5Q6l-F3LIgQomlz87yW4OPKbWE1zSTEFjDfhU9IPIOSA9Bml4m7iDFwA-1ZXvHteLDtw4R1XRGMEsDIqAYtskTTmzmzNa-_q4F_evAPUmwlO-ZG45Mnq4uhM1fm_D9rBtWolqZSF3xGNNkpOMQKF1Cl8i8wjzRli7-IXgyirlKQsbhhqRzkv8IcY6aHl24j03C-AR2le1r7URUhArM79BY8soZU0lzwI-sD5PZ3l4NDCCei9XkoIAfsXJWmySPoeRb2Ni5UZL4mYpvKDiwmyzGd65KqVw7MsFfI_K767G9C9Azp73gKZD0DyUn1mn0WW5LmyX_yJ-3AROq8p1WZBfG-ZyJ6195_JGG2m9Csg.WCCkNa-x4BeB9hIDIfFuhg';
/** RFC 7516 Appendix A.3.7. */
const A3 =
  'eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ.AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.U0m_YmjN04DJvceFICbCVQ';

describe('RFC 7516 and RFC 7519 §5.2: encrypted tokens', () => {
  it.each([
    ['ECDH-ES', 'A256GCM', ec],
    ['ECDH-ES', 'A128CBC-HS256', ec],
    ['ECDH-ES+A256KW', 'A256GCM', ec],
    ['ECDH-ES+A256KW', 'A128CBC-HS256', ec],
    ['RSA-OAEP-256', 'A256GCM', rsa],
    ['RSA-OAEP-256', 'A128CBC-HS256', rsa],
  ])(
    'RFC 7518 §4.1 and §5.1: %s with %s is decrypted, and the token within verified',
    async (alg, enc, { publicKey }) => {
      const token = await encrypt(await signed(), publicKey, { alg, enc });
      expect(await outcome(token, KEYS)).toBe('verified');
    },
  );

  it.each(['P-256', 'P-384', 'P-521', 'X25519'])(
    'RFC 7518 §4.6.1.1, RFC 8037 §3.2: agrees over %s',
    async (crv) => {
      const recipient = await newRecipient('ECDH-ES', { crv });
      const token = await encrypt(await signed(), recipient.publicKey);
      expect(await outcome(token, { JWK: JSON.stringify(recipient.jwk) })).toBe('verified');
      expect(await outcome(token, { PEM: recipient.pem })).toBe('verified');
    },
  );

  it.each([
    ['RSA1_5', 'A128CBC-HS256'],
    ['RSA-OAEP', 'A256GCM'],
    ['RSA-OAEP-384', 'A256GCM'],
    ['dir', 'A256GCM'],
    ['A128KW', 'A256GCM'],
    ['A256GCMKW', 'A256GCM'],
    ['PBES2-HS256+A128KW', 'A256GCM'],
    ['ECDH-ES+A128KW', 'A256GCM'],
    ['none', 'A256GCM'],
    ['ecdh-es', 'A256GCM'],
    ['ECDH-ES', 'A128GCM'],
    ['ECDH-ES', 'A192GCM'],
    ['ECDH-ES', 'A256CBC-HS512'],
    ['ECDH-ES', 'none'],
    ['ECDH-ES', 7],
    [['ECDH-ES'], 'A256GCM'],
    [undefined, 'A256GCM'],
    ['ECDH-ES', undefined],
  ])('RFC 7516 §4.1.1 and §4.1.2: alg %j with enc %j is refused before any key', async (alg, enc) => {
    const token = withHeader(await encrypt(await signed(), ec.publicKey), (header) => ({
      ...header,
      alg,
      enc,
    }));
    expect(await outcome(token, KEYS)).toMatch(/^algorithm_not_allowed: encrypted token: (alg|enc)$/);
  });

  it.each([
    ['zip', 'DEF'],
    ['zip', null],
    ['crit', ['exp']],
    ['crit', []],
    ['b64', false],
    ['p2s', 'AAAA'],
    ['p2c', 2_147_483_647],
  ])(
    'RFC 7516 §4.1.3 and §4.1.13, RFC 7518 §4.8.1.2: the parameter %s: %j is refused',
    async (name, value) => {
      const token = withHeader(await encrypt(await signed(), ec.publicKey), (header) => ({
        ...header,
        [name]: value,
      }));
      expect(await outcome(token, KEYS)).toBe(`token_malformed: encrypted token: header parameter ${name}`);
    },
  );

  it('RFC 7516 §4.1.3: what jose would decompress is refused before it is', async () => {
    const token = await encrypt(await signed({ padding: 'x'.repeat(10_000) }), ec.publicKey, { zip: 'DEF' });
    expect(await outcome(token, KEYS)).toBe('token_malformed: encrypted token: header parameter zip');
  });

  it.each([undefined, '', 'JOSE', 'jwk-set+json', 7, null])(
    'RFC 7519 §5.2: cty %j does not say that a JWT is within',
    async (cty) => {
      const token = withHeader(await encrypt(await signed(), ec.publicKey), (header) => ({ ...header, cty }));
      expect(await outcome(token, KEYS)).toBe('token_malformed: encrypted token: header: cty');
    },
  );

  it.each(['JWT', 'jwt', 'application/jwt'])(
    'RFC 7516 §4.1.12: cty %j says that a JWT is within',
    async (cty) => {
      expect(await outcome(await encrypt(await signed(), ec.publicKey, { cty }), KEYS)).toBe('verified');
    },
  );

  it.each<[string, (header: Record<string, unknown>) => object, string]>([
    ['no epk', ({ epk: _, ...header }) => header, 'header: epk'],
    ['an epk that is no object', (header) => ({ ...header, epk: 'x' }), 'header: epk'],
    [
      'an epk of another type',
      (header) => ({ ...header, epk: { ...(header.epk as object), kty: 'OKP' } }),
      'header: epk',
    ],
    [
      'an epk of no curve',
      (header) => ({ ...header, epk: { ...(header.epk as object), crv: 'P-192' } }),
      'header: epk',
    ],
    [
      'an epk without y',
      (header) => ({ ...header, epk: { ...(header.epk as object), y: undefined } }),
      'header: epk',
    ],
    [
      'an epk of a thousand characters',
      (header) => ({ ...header, epk: { ...(header.epk as object), x: 'x'.repeat(1_000) } }),
      'header: epk',
    ],
    ['a party of a thousand characters', (header) => ({ ...header, apu: 'x'.repeat(1_000) }), 'header: epk'],
    ['a kid that is a number', (header) => ({ ...header, kid: 7 }), 'header: kid'],
    ['a header of three thousand characters', (header) => ({ ...header, x: 'x'.repeat(3_000) }), 'header'],
  ])('RFC 7516 §5.2: %s is refused before any key', async (_title, change, evidence) => {
    const token = withHeader(await encrypt(await signed(), ec.publicKey), change);
    expect(await outcome(token, KEYS)).toBe(`token_malformed: encrypted token: ${evidence}`);
  });

  it('RFC 7516 §4.1.6: a kid of null names no key, as if it were not there', async () => {
    expect(await outcome(await encrypt(await signed(), ec.publicKey, { kid: null }), KEYS)).toBe('verified');
  });

  it('RFC 7516 §4: a header member that stands twice is refused', async () => {
    const token = withPart(await encrypt(await signed(), ec.publicKey), 0, () =>
      base64url('{"alg":"ECDH-ES","alg":"RSA1_5","enc":"A256GCM","cty":"JWT"}'),
    );
    expect(await outcome(token, KEYS)).toBe('token_malformed: encrypted token: header: duplicate member');
  });

  it.each<[number, (part: string) => string, string]>([
    [1, () => 'AAAA', 'encrypted key'],
    [2, (part) => `${part}AAAA`, 'initialization vector'],
    [2, () => '', 'initialization vector'],
    [3, () => '', 'not base64url'],
    [3, (part) => `${part}=`, 'not base64url'],
    [3, () => 'A+/A', 'not base64url'],
    [3, () => '\u00e9'.repeat(8), 'not base64url'],
    [4, (part) => part.slice(0, 10), 'authentication tag'],
    [4, () => '', 'authentication tag'],
    [4, (part) => `${part.slice(0, 21)}B`, 'not base64url'],
  ])('RFC 7516 §5.2: part %i out of form is refused before any key', async (index, change, evidence) => {
    const token = withPart(await encrypt(await signed(), ec.publicKey), index, change);
    expect(await outcome(token, KEYS)).toBe(`token_malformed: encrypted token: ${evidence}`);
  });

  it.each(['', 'a.b.c.d', 'a.b.c.d.e.f', 'a.b.c', '....', '.....', 'a..b.c.d.'])(
    'RFC 7516 §9: %j is not five parts with a header',
    async (token) => {
      expect(await outcome(token, KEYS)).toMatch(/^token_malformed: /);
      expect(isEncrypted(token)).toBe(token.split('.').length === 5);
    },
  );

  it.each<[string, string, number]>([
    ['ECDH-ES', 'the vector', 2],
    ['ECDH-ES', 'the ciphertext', 3],
    ['ECDH-ES', 'the tag', 4],
    ['ECDH-ES+A256KW', 'the wrapped key', 1],
    ['RSA-OAEP-256', 'the encrypted key', 1],
    ['RSA-OAEP-256', 'the ciphertext', 3],
    ['RSA-OAEP-256', 'the tag', 4],
  ])(
    'RFC 7516 §11.5: with %s, a change of %s is told as nothing but a failure',
    async (alg, _title, index) => {
      const { publicKey } = alg === 'RSA-OAEP-256' ? rsa : ec;
      for (const enc of ['A256GCM', 'A128CBC-HS256']) {
        const token = await encrypt(await signed(), publicKey, { alg, enc });
        expect(await outcome(withPart(token, index, flipped), KEYS)).toBe(FAILED);
      }
    },
  );

  it('RFC 7516 §5.2: a change of the protected header is no less a failure', async () => {
    const token = await encrypt(await signed(), ec.publicKey);
    expect(
      await outcome(
        withHeader(token, (header) => ({ ...header, x: 1 })),
        KEYS,
      ),
    ).toBe(FAILED);
  });

  it.each([
    ['off the curve', { x: base64url(new Uint8Array(32).fill(1)), y: base64url(new Uint8Array(32).fill(2)) }],
    ['at zero', { x: base64url(new Uint8Array(32)), y: base64url(new Uint8Array(32)) }],
    [
      'beyond the field',
      { x: base64url(new Uint8Array(32).fill(255)), y: base64url(new Uint8Array(32).fill(255)) },
    ],
    ['too short', { x: 'AQ', y: 'AQ' }],
  ])('RFC 7518 §4.6.1.1: an ephemeral key %s is told as nothing but a failure', async (_title, point) => {
    const token = withHeader(await encrypt(await signed(), ec.publicKey), (header) => ({
      ...header,
      epk: { kty: 'EC', crv: 'P-256', ...point },
    }));
    expect(await outcome(token, KEYS)).toBe(FAILED);
  });

  it.each([0, 1])(
    'RFC 8037 §3.2.1: an X25519 point of small order (u = %i) is told as nothing but a failure',
    async (u) => {
      const recipient = await newRecipient('ECDH-ES', { crv: 'X25519' });
      const x = base64url(new Uint8Array(32).with(0, u));
      const token = withHeader(await encrypt(await signed(), recipient.publicKey), (header) => ({
        ...header,
        epk: { kty: 'OKP', crv: 'X25519', x },
      }));
      expect(await outcome(token, { KEY: JSON.stringify(recipient.jwk) })).toBe(FAILED);
    },
  );

  it('RFC 7516 §11.5: a token to another key is told as nothing but a failure', async () => {
    for (const [algorithm, kid] of [
      ['ECDH-ES', undefined],
      ['RSA-OAEP-256', undefined],
      ['ECDH-ES', 'unknown'],
    ] as const) {
      const other = await newRecipient(algorithm);
      const token = await encrypt(await signed(), other.publicKey, {
        alg: algorithm,
        ...(kid ? { kid } : {}),
      });
      expect(await outcome(token, KEYS)).toBe(FAILED);
    }
  });

  it('RFC 7519 §7.2: what is within is verified as any token, and refused as such', async () => {
    const inside = async (text: string) => outcome(await encrypt(text, ec.publicKey), KEYS);
    expect(await inside(await signed({ exp: 1 }))).toMatch(/^claim_invalid|^expired/);
    expect(await inside(await signed({ aud: 'other' }))).toBe('audience_mismatch: aud');
    expect(await inside(await signed({ iss: 'https://other.example' }))).toBe('issuer_untrusted: iss');
    expect(await inside(withPart(await signed(), 2, flipped))).toBe('signature_invalid: ES256');
    expect(await inside(`${base64url('{"alg":"none"}')}.${base64url(JSON.stringify(someClaims()))}.`)).toBe(
      'algorithm_not_allowed: alg',
    );
    expect(await inside(JSON.stringify(someClaims()))).toMatch(/^token_malformed: /);
    expect(await inside('')).toMatch(/^token_malformed|^decryption_failed/);
    expect(await inside('\u0000\u00ff')).toBe('token_malformed: not three parts');
  });

  it('RFC 7519 §11.2: a token that is encrypted twice is refused', async () => {
    const once = await encrypt(await signed(), ec.publicKey);
    expect(await outcome(await encrypt(once, ec.publicKey), KEYS)).toBe('token_malformed: not three parts');
  });

  it('RFC 7519 §5.3: claims that the header repeats must be those of the token', async () => {
    const { iss, aud } = someClaims();
    const repeating = async (header: object) =>
      outcome(await encrypt(await signed(), ec.publicKey, { ...header }), KEYS);
    expect(await repeating({ iss, aud })).toBe('verified');
    expect(await repeating({ iss: 'https://other.example' })).toBe(
      'token_malformed: encrypted token: its header repeats other claims',
    );
    expect(await repeating({ sub: 'somebody-else' })).toMatch(/repeats other claims/);
  });

  it('RFC 7520 §5.5: ECDH-ES with A128CBC-HS256', async () => {
    const cryptoKey = await importJWK(COOKBOOK_KEY, 'ECDH-ES');
    if (!(cryptoKey instanceof CryptoKey)) throw new Error('no key');
    expect(await plaintextOf(COOKBOOK_TOKEN, { cryptoKey })).toMatch(
      /^You can trust us to stick with you .* Frodo\.$/,
    );
    expect(await outcome(COOKBOOK_TOKEN, { KEY: JSON.stringify(COOKBOOK_KEY) })).toBe(
      'token_malformed: encrypted token: header: cty',
    );
  });

  it('RFC 7516 Appendix A.3: a key wrapped with a shared key is refused', () => {
    expect(readEncryptedHeader(A3)).toMatchObject({ error: { reason: 'algorithm_not_allowed' } });
  });
});

describe('the demand for encryption', () => {
  it('refuses a token that is signed alone, unless it is optional', async () => {
    const keys = { keys: Object.keys(KEYS) };
    expect(await outcome(await signed(), KEYS)).toBe('encryption_required: the token is signed alone');
    expect(await outcome(await signed(), KEYS, { encryption: { ...keys, required: false } })).toBe(
      'verified',
    );
    const token = await encrypt(await signed(), ec.publicKey);
    expect(await outcome(token, KEYS, { encryption: { ...keys, required: false } })).toBe('verified');
  });

  it.each([
    ['KEY', undefined],
    ['OTHER', 'decryption_failed'],
    [undefined, undefined],
  ])('with a token that %s opened: %s', (binding, reason) => {
    const encryption = { keys: ['KEY', 'NEXT'], required: binding !== undefined };
    expect(encryptionFault({ encryption }, binding)?.reason).toBe(reason);
  });

  it('a table without keys has no token that any key opened', () => {
    expect(encryptionFault({ encryption: undefined }, 'KEY')?.reason).toBe('decryption_failed');
    expect(encryptionFault({ encryption: undefined }, undefined)).toBeUndefined();
  });

  it('is absent where no key is configured: an encrypted token is none', async () => {
    const token = await encrypt(await signed(), ec.publicKey);
    expect(await outcome(token, {}, { encryption: undefined })).toBe('token_malformed: not three parts');
  });
});
