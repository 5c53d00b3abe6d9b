import { describe, expect, it } from 'vitest';
import { createDecryptionKeys } from '../../../src/keys/decryption-keys.ts';
import type { DecryptionWanted } from '../../../src/keys/port.ts';
import { newRecipient } from '../../fixtures/encrypted-tokens.ts';
import { anIssuer } from '../../fixtures/policies.ts';

const one = await newRecipient('ECDH-ES', { kid: 'one' });
const two = await newRecipient('ECDH-ES', { kid: 'two' });
const three = await newRecipient('ECDH-ES', { kid: 'three' });
const large = await newRecipient('ECDH-ES', { crv: 'P-384' });
const rsa = await newRecipient('RSA-OAEP-256');
const BINDINGS = {
  ONE: JSON.stringify(one.jwk),
  TWO: JSON.stringify(two.jwk),
  THREE: JSON.stringify(three.jwk),
  PEM: one.pem,
  LARGE: large.pem,
  RSA: rsa.pem,
  RSA_JWK: JSON.stringify(rsa.jwk),
  KW: JSON.stringify({ ...two.jwk, alg: 'ECDH-ES+A256KW' }),
  BROKEN: '{"kty":"EC","crv":"P-256","d":"x"}',
  PUBLIC: JSON.stringify({ ...one.jwk, d: undefined }),
  UNUSED: BigInt(1),
};

/** The bindings of the keys that come into question, or why there are none. */
async function ask(bound: readonly string[], wanted: Partial<DecryptionWanted> = {}): Promise<unknown> {
  const issuer = anIssuer({ encryption: { keys: bound, required: true } });
  const keys = createDecryptionKeys([issuer], BINDINGS);
  const header = { alg: 'ECDH-ES', kid: undefined, curve: 'P-256', ...wanted } as const;
  const found = await keys?.keysFor(bound, header);
  return found?.ok ? found.value.map(({ binding }) => binding) : found?.error.reason;
}
const RSA = { alg: 'RSA-OAEP-256', curve: undefined } as const;

describe('decryption keys', () => {
  it.each<[string, readonly string[], Partial<DecryptionWanted>, unknown]>([
    ['all without a name', ['ONE', 'TWO'], {}, ['ONE', 'TWO']],
    ['the one named', ['ONE', 'TWO'], { kid: 'two' }, ['TWO']],
    ['none for a name that none has', ['ONE', 'TWO'], { kid: 'x' }, []],
    ['a nameless one for a name that none has', ['ONE', 'PEM'], { kid: 'x' }, ['PEM']],
    ['the one named before a nameless one', ['ONE', 'PEM'], { kid: 'one' }, ['ONE']],
    ['none where three would fit', ['ONE', 'TWO', 'THREE'], {}, []],
    ['the one of three that is named', ['ONE', 'TWO', 'THREE'], { kid: 'three' }, ['THREE']],
    ['the one on the curve', ['ONE', 'LARGE'], { curve: 'P-384' }, ['LARGE']],
    ['none on another curve', ['ONE', 'LARGE'], { curve: 'P-521' }, []],
    ['no curve for RSA', ['ONE', 'RSA'], RSA, ['RSA']],
    ['no RSA for a curve', ['ONE', 'RSA_JWK'], {}, ['ONE']],
    ['RSA as JWK', ['RSA_JWK'], RSA, ['RSA_JWK']],
    ['none for another algorithm than its own', ['KW'], {}, []],
    ['its own algorithm', ['KW'], { alg: 'ECDH-ES+A256KW' }, ['KW']],
    ['doubt where a key is broken', ['BROKEN'], {}, 'keys_unavailable'],
    ['doubt where a key is public', ['PUBLIC'], {}, 'keys_unavailable'],
    ['doubt where a secret is missing', ['MISSING'], {}, 'keys_unavailable'],
    ['doubt where a secret is no text', ['UNUSED'], {}, 'keys_unavailable'],
    ['the sound one beside a broken one', ['BROKEN', 'ONE'], {}, ['ONE']],
  ])('are %s', async (_title, bound, wanted, expected) => {
    expect(await ask(bound, wanted)).toEqual(expected);
  });

  it('are there only where an issuer has some, and only its own', async () => {
    expect(createDecryptionKeys([anIssuer()], BINDINGS)).toBeUndefined();
    const keys = createDecryptionKeys(
      [anIssuer({ encryption: { keys: ['ONE'], required: true } })],
      BINDINGS,
    );
    const header = { alg: 'ECDH-ES', kid: undefined, curve: 'P-256' } as const;
    expect(await keys?.keysFor(['TWO'], header)).toEqual({ ok: true, value: [] });
  });

  it('cannot be read back, and are imported once', async () => {
    const keys = createDecryptionKeys(
      [anIssuer({ encryption: { keys: ['ONE'], required: true } })],
      BINDINGS,
    );
    const header = { alg: 'ECDH-ES', kid: undefined, curve: 'P-256' } as const;
    const [first, second] = await Promise.all([
      keys?.keysFor(['ONE'], header),
      keys?.keysFor(['ONE'], header),
    ]);
    const keyOf = (found: typeof first) => (found?.ok ? found.value[0]?.cryptoKey : undefined);
    expect(keyOf(first)?.extractable).toBe(false);
    expect(keyOf(second)).toBe(keyOf(first));
  });
});
