import { calculateJwkThumbprint, type JWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Algorithm } from '../../../src/core/jose.ts';
import { readJwk } from '../../../src/keys/jwk.ts';
import { json, jwk, NO_PINS, publicJwk, remote, Stage } from './scripted-issuer.ts';

let rsa: JWK;
let ec: JWK;
let okp: JWK;

beforeAll(async () => {
  rsa = await publicJwk('found', 'RS256');
  ec = await publicJwk('found', 'ES256');
  okp = await publicJwk('found', 'Ed25519');
});

const octets = (text: string | undefined) => Uint8Array.fromBase64(text ?? '', { alphabet: 'base64url' });
const withZeros = (text: string | undefined, zeros: number) =>
  new Uint8Array([...new Uint8Array(zeros), ...octets(text)]);

/** The same octets in every spelling that RFC 4648 has for them. */
const SPELLINGS: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  'base64url, padded': (bytes) => bytes.toBase64({ alphabet: 'base64url' }),
  base64: (bytes) => bytes.toBase64({ omitPadding: true }),
  'base64, padded': (bytes) => bytes.toBase64(),
};

/** Every public integer and point of each kind of key, spelt and padded otherwise. */
const CASES = Object.entries(SPELLINGS).flatMap(([spelling, spell]) =>
  [0, 1, 3].flatMap((zeros) =>
    (
      [
        ['RSA', () => rsa, ['n', 'e']],
        ['P-256', () => ec, ['x', 'y']],
        ...(zeros === 0 ? [['Ed25519', () => okp, ['x']] as const] : []),
      ] as const
    ).map(([kind, key, members]) => ({ kind, key, members, spelling, spell, zeros })),
  ),
);

/** A set of these keys, and what it answers for `kid`. */
const serve = async (keys: readonly object[], pins = NO_PINS, algorithms = ['RS256', 'ES256', 'Ed25519']) => {
  const stage = new Stage({
    issuer: { algorithms: new Set(algorithms as Algorithm[]), source: remote({ pins }) },
  });
  stage.reply = json({ keys });
  return stage;
};

describe('a key as it is found is the key that it is', () => {
  it.each(CASES)('$kind in $spelling, $zeros zero octets in front', ({ key, members, spell, zeros }) => {
    const found = { ...key() };
    for (const member of members) found[member] = spell(withZeros(found[member], zeros));
    const read = readJwk({ ...found });
    if (!read.ok) throw new Error(read.error.why);
    expect(read.value.members).toEqual(key());
  });

  it('a pinned thumbprint is that of the normal form', async () => {
    const pins = { ...NO_PINS, allowedThumbprints: new Set([await calculateJwkThumbprint(rsa)]) };
    const stage = await serve([{ ...rsa, n: withZeros(rsa.n, 1).toBase64(), kid: 'a' }], pins);
    expect(await stage.ask('a', 'RS256')).toBe('ok');
  });

  it('listed twice in two spellings is one key: no duplicate, and one object across refreshes', async () => {
    const stage = await serve([
      { ...rsa, kid: 'a' },
      { ...rsa, n: withZeros(rsa.n, 1).toBase64(), kid: 'a' },
    ]);
    const first = await stage.keysFor('a', 'RS256');
    expect(first).toMatchObject({ ok: true });
    stage.reply = json({ keys: [{ ...rsa, n: octets(rsa.n).toBase64(), kid: 'a' }] });
    stage.now += 540;
    await stage.ask('a', 'RS256');
    await stage.settle();
    const second = await stage.keysFor('a', 'RS256');
    if (!first.ok || !second.ok) throw new Error('refused');
    expect(stage.fetches).toBe(2);
    expect(second.value.keys[0]).toBe(first.value.keys[0]);
    expect(stage.names()).toEqual(['jwks_refreshed', 'jwks_refreshed']);
  });

  it('whose private part is listed in another spelling is refused', async () => {
    const stage = await serve([
      { ...rsa, kid: 'twin' },
      { ...rsa, n: withZeros(rsa.n, 2).toBase64(), d: 'AQ', kid: 'leak' },
      { ...rsa, n: octets(rsa.n).toBase64(), e: 'AQAAAQ', kid: 'other-exponent' },
      await jwk('good'),
    ]);
    expect(await stage.ask('twin', 'RS256')).toBe('key_not_found');
    expect(await stage.ask('leak', 'RS256')).toBe('key_not_found');
    expect(await stage.ask('other-exponent', 'RS256')).toBe('key_not_found');
    expect(await stage.ask('good')).toBe('ok');
    const leaks = stage.events.filter(({ why }) => why === 'private_material').map(({ kid }) => kid);
    expect(leaks).toEqual(['twin', 'leak', 'other-exponent']);
  });

  it('is refused as the twin of a private key that is itself of no use, and whose type is another', async () => {
    const stage = await serve([
      { ...ec, kid: 'twin' },
      { kty: 'ec', x: octets(ec.x).toBase64(), d: 'AQ', use: 'enc' },
      await jwk('good'),
    ]);
    expect(await stage.ask('twin')).toBe('key_not_found');
    expect(await stage.ask('good')).toBe('ok');
  });
});

describe('members that hold nothing count as absent', () => {
  const EMPTY = [
    ['null', null],
    ['the empty text', ''],
    ['the empty list', []],
  ] as const;
  const MEMBERS = 'd p q dp dq qi oth k priv use alg key_ops x5t x5t#S256 x5c x5u'.split(' ');

  it.each(EMPTY)('every optional member that is %s', async (_what, empty) => {
    const hollow = Object.fromEntries(MEMBERS.map((member) => [member, empty]));
    const stage = await serve([
      { ...rsa, ...hollow, kid: 'r' },
      { ...ec, ...hollow, kid: 'e' },
    ]);
    expect(await stage.ask('r', 'RS256')).toBe('ok');
    expect(await stage.ask('e', 'ES256')).toBe('ok');
    expect(stage.names()).toEqual(['jwks_refreshed']);
  });

  it.each(EMPTY)('a kid that is %s', async (_what, kid) => {
    const stage = await serve([{ ...ec, kid }]);
    expect(await stage.keysFor(undefined)).toMatchObject({ value: { keys: [{ kid: undefined }] } });
  });

  it.each(EMPTY)('a required one that is %s leaves the key malformed', async (_what, empty) => {
    const stage = await serve([
      { ...rsa, n: empty, kid: 'r' },
      { ...ec, y: empty, kid: 'e' },
      await jwk('good'),
    ]);
    expect(await stage.ask('r', 'RS256')).toBe('key_not_found');
    expect(await stage.ask('e', 'ES256')).toBe('key_not_found');
    expect(stage.events.map(({ why }) => why).filter(Boolean)).toEqual([
      'rsa_malformed',
      'coordinate_malformed',
    ]);
  });
});
