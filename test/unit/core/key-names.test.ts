import { describe, expect, it } from 'vitest';
import { claimKey, parseRevocationKey, REDIS_PREFIX, revocationKey } from '../../../src/core/key-names.ts';
import { REVOCATION_KINDS } from '../../../src/core/revocation.ts';
import fc from '../../fixtures/draws.ts';

const LONG = 'a'.repeat(201);

/** Any JavaScript string, lone surrogates included. */
const anyString = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0x3a, 0x25, 0x3d, 0xd800, 0xdc00)))
  .map((units) => String.fromCharCode(...units))
  .filter((text) => text !== '');

describe('revocationKey', () => {
  it.each([
    ['https://id.acme.example', '8d0c', 'jti:https%3A%2F%2Fid.acme.example:8d0c'],
    ['i', 'a:b', 'jti:i:a%3Ab'],
    ['i', 'a%3Ab', 'jti:i:a%253Ab'],
    ['i', '-._~', 'jti:i:-._~'],
    ['i', "!'()*", 'jti:i:%21%27%28%29%2A'],
    ['i', ' \n\0', 'jti:i:%20%0A%00'],
    ['i', '赵😀', 'jti:i:%E8%B5%B5%F0%9F%98%80'],
    ['i', '\ud800', 'jti:i:%ED%A0%80'],
    ['i', 'x\udfffy', 'jti:i:x%ED%BF%BFy'],
    ['i', '\ufffd', 'jti:i:%EF%BF%BD'],
    ['i', 'sha256=00', 'jti:i:sha256%3D00'],
    ['i', 'a'.repeat(200), `jti:i:${'a'.repeat(200)}`],
  ])('names issuer %j and value %j', (issuer, value, expected) => {
    expect(revocationKey('jti', issuer, value)).toBe(expected);
  });

  it('names a long part by the SHA-256 of its UTF-8 bytes, as sha256sum prints it', async () => {
    for (const long of [LONG, '赵'.repeat(23), `${'x'.repeat(300)}\n`]) {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(long)));
      const hex = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      expect(revocationKey('sub', 'i', long)).toBe(`sub:i:sha256=${hex}`);
      expect(revocationKey('sub', long, 'v')).toBe(`sub:sha256=${hex}:v`);
    }
  });

  it('is one-to-one, bounded, plain ASCII without a space, and reversible where it is not hashed', () => {
    const kind = fc.constantFrom(...REVOCATION_KINDS);
    fc.assert(
      fc.property(kind, anyString, anyString, kind, anyString, anyString, (k1, i1, v1, k2, i2, v2) => {
        const one = revocationKey(k1, i1, v1);
        const other = revocationKey(k2, i2, v2);
        expect(one === other).toBe(k1 === k2 && i1 === i2 && v1 === v2);
        expect(one).toMatch(/^[a-z]+:[A-Za-z0-9._~%=-]+:[A-Za-z0-9._~%=-]+$/);
        expect(one.length).toBeLessThanOrEqual(410);
        const parts = parseRevocationKey(one);
        expect(parts?.kind).toBe(k1);
        if (i1.isWellFormed() && !one.includes('=')) expect(parts?.issuer).toBe(i1);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps long ill-formed values apart from long well-formed ones', () => {
    const long = 'b'.repeat(300);
    const names = [long, `${long}\ud800`, `${long}\ud801`, `${long}\ufffd`, `%${long}%ED%A0%80`].map(
      (value) => revocationKey('jti', 'i', value),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(['', 'jti', 'jti:a', 'jti:a:b:c', 'jti::b', 'jti:a:', 'xyz:a:b', 'snapshot:g:1', 'claim:x'])(
    'does not take %j for a revocation',
    (name) => {
      expect(parseRevocationKey(name)).toBeUndefined();
    },
  );

  it('keeps the names of kinds as they are stored', () => {
    const kinds = REVOCATION_KINDS.map((kind) => revocationKey(kind, 'i', 'v').split(':')[0]);
    expect(kinds).toEqual(['jti', 'sub', 'sid', 'client', 'tenant', 'kid', 'iss']);
    expect(parseRevocationKey('client:i:v')?.kind).toBe('client_id');
    expect(parseRevocationKey('client_id:i:v')).toBeUndefined();
  });

  it('keeps claims out of the revocations’ names', () => {
    expect(claimKey('jti:i:v')).toBe(`${REDIS_PREFIX}claim:jti%3Ai%3Av`);
  });
});
