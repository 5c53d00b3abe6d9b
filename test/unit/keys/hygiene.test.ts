import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Algorithm } from '../../../src/core/jose.ts';
import { json, jwk, NO_PINS, publicJwk, remote, Stage } from './scripted-issuer.ts';

const ALGORITHMS: ReadonlySet<Algorithm> = new Set(['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA']);

let ec: JWK;
let rsa: JWK;
let okp: JWK;
let ecPrivate: JWK;
let rsaPrivate: JWK;

beforeAll(async () => {
  ec = { ...(await publicJwk('bad')), kid: 'bad' };
  rsa = { ...(await publicJwk('bad', 'RS256')), kid: 'bad' };
  okp = { ...(await publicJwk('bad', 'Ed25519')), kid: 'bad' };
  const secretOf = async (alg: string) =>
    exportJWK((await generateKeyPair(alg, { extractable: true })).privateKey);
  ecPrivate = { ...(await secretOf('ES256')), kid: 'bad' };
  rsaPrivate = { ...(await secretOf('RS256')), kid: 'bad' };
});

const base64url = (hex: string) =>
  Uint8Array.fromHex(hex).toBase64({ alphabet: 'base64url', omitPadding: true });
const hex = (text: string) => Uint8Array.fromBase64(text, { alphabet: 'base64url' }).toHex();
const swap = (text: string | undefined) => `${text?.startsWith('A') ? 'B' : 'A'}${text?.slice(1)}`;

/** The product of the 39 primes up to 167: 219 bits, a factor of what the affected library used for every size. */
const PRIMORIAL = [...Array(168).keys()]
  .filter((n) => n > 1 && ![...Array(n).keys()].some((divisor) => divisor > 1 && n % divisor === 0))
  .reduce((product, prime) => product * BigInt(prime), 1n);

/** Serves one bad key beside a good one, and tells what became of both. */
const serve = async (bad: unknown, pins = NO_PINS, alg: Algorithm = 'ES256') => {
  const stage = new Stage({ issuer: { algorithms: ALGORITHMS, source: remote({ pins }) } });
  stage.reply = json({ keys: [bad, await jwk('good')] });
  const answers = { good: await stage.ask('good'), bad: await stage.ask('bad', alg) };
  const event = stage.events.find((each) => each.event === 'key_rejected');
  return { stage, answers, why: event?.why, level: event?.level };
};

/** An even modulus is caught before its size class matters; this one is 2048 bits. */
const modulus = (change: (n: bigint) => bigint) => {
  const n = change(BigInt(`0x${hex(rsa.n ?? '')}`)).toString(16);
  return base64url(n.length % 2 === 0 ? n : `0${n}`);
};

describe('a bad key is skipped alone, with an event', () => {
  const CASES: readonly (readonly [string, () => unknown, why: string, level: string])[] = [
    ['not an object', () => 'key', 'not_an_object', 'warn'],
    ['null', () => null, 'not_an_object', 'warn'],
    ['an array', () => [ec], 'not_an_object', 'warn'],
    ['a private EC key', () => ecPrivate, 'private_material', 'error'],
    ['a private RSA key', () => rsaPrivate, 'private_material', 'error'],
    ['only one private member', () => ({ ...rsa, dq: 'AQAB' }), 'private_material', 'error'],
    ['a private member of another key type', () => ({ ...ec, k: 'AQAB' }), 'private_material', 'error'],
    ['a private member that is no text', () => ({ ...ec, d: 0 }), 'private_material', 'error'],
    ['other primes in a list', () => ({ ...rsa, oth: [{}] }), 'private_material', 'error'],
    [
      'a private key whose point cannot be read',
      () => ({ ...ecPrivate, x: '?' }),
      'private_material',
      'error',
    ],
    ['a symmetric key', () => ({ kty: 'oct', kid: 'bad', k: 'AQAB', alg: 'HS256' }), 'symmetric', 'error'],
    ['a symmetric key without its value', () => ({ kty: 'oct', kid: 'bad' }), 'symmetric', 'error'],
    ['no kty', () => ({ ...ec, kty: undefined }), 'kty_unsupported', 'info'],
    [
      'an unknown kty',
      () => ({ kty: 'AKP', kid: 'bad', alg: 'ML-DSA-44', pub: 'AA' }),
      'kty_unsupported',
      'info',
    ],
    ['kty in lower case', () => ({ ...ec, kty: 'ec' }), 'kty_unsupported', 'info'],
    ['a curve of another registry', () => ({ ...ec, crv: 'secp256k1' }), 'crv_unsupported', 'info'],
    ['a key agreement curve', () => ({ ...okp, crv: 'X25519' }), 'crv_unsupported', 'info'],
    ['a curve name from Object.prototype', () => ({ ...ec, crv: 'constructor' }), 'crv_unsupported', 'info'],
    ['another curve than the coordinates', () => ({ ...ec, crv: 'P-384' }), 'coordinate_malformed', 'warn'],
    ['a short coordinate', () => ({ ...ec, x: ec.x?.slice(0, -2) }), 'coordinate_malformed', 'warn'],
    ['a coordinate padded too much', () => ({ ...ec, x: `${ec.x}==` }), 'coordinate_malformed', 'warn'],
    [
      'a coordinate in two alphabets',
      () => ({ ...ec, x: `+_${ec.x?.slice(2)}` }),
      'coordinate_malformed',
      'warn',
    ],
    [
      'a coordinate with white space',
      () => ({ ...ec, x: ` ${ec.x?.slice(1)}` }),
      'coordinate_malformed',
      'warn',
    ],
    [
      'a coordinate with an octet more that is not zero',
      () => ({ ...ec, x: base64url(`01${hex(ec.x ?? '')}`) }),
      'coordinate_malformed',
      'warn',
    ],
    [
      'an Ed25519 point with a zero octet in front',
      () => ({ ...okp, x: base64url(`00${hex(okp.x ?? '')}`) }),
      'coordinate_malformed',
      'warn',
    ],
    ['a coordinate that is a number', () => ({ ...ec, y: 7 }), 'coordinate_malformed', 'warn'],
    ['no y', () => ({ ...ec, y: undefined }), 'coordinate_malformed', 'warn'],
    ['a point off its curve', () => ({ ...ec, x: swap(ec.x) }), 'import_failed', 'warn'],
    ['the point (0, 0)', () => ({ ...ec, x: 'A'.repeat(43), y: 'A'.repeat(43) }), 'import_failed', 'warn'],
    [
      'an Ed25519 point of order 1',
      () => ({ ...okp, x: base64url(`01${'00'.repeat(31)}`) }),
      'point_small_order',
      'warn',
    ],
    [
      'an Ed25519 point of order 2',
      () => ({ ...okp, x: base64url(`ec${'ff'.repeat(30)}7f`) }),
      'point_small_order',
      'warn',
    ],
    [
      'an Ed25519 point of order 4',
      () => ({ ...okp, x: base64url(`${'00'.repeat(31)}80`) }),
      'point_small_order',
      'warn',
    ],
    ['a kid that is a number', () => ({ ...ec, kid: 1 }), 'kid_malformed', 'warn'],
    ['a kid that is too long', () => ({ ...ec, kid: 'x'.repeat(257) }), 'kid_malformed', 'warn'],
    ['use: enc', () => ({ ...ec, use: 'enc' }), 'use_not_sig', 'info'],
    ['use: SIG', () => ({ ...ec, use: 'SIG' }), 'use_not_sig', 'info'],
    ['use: 0', () => ({ ...ec, use: 0 }), 'use_not_sig', 'info'],
    ['key_ops that is a string', () => ({ ...ec, key_ops: 'verify' }), 'key_ops_malformed', 'warn'],
    ['key_ops with numbers', () => ({ ...ec, key_ops: ['verify', 1] }), 'key_ops_malformed', 'warn'],
    ['key_ops twice the same', () => ({ ...ec, key_ops: ['verify', 'verify'] }), 'key_ops_malformed', 'warn'],
    [
      'key_ops without verify',
      () => ({ ...ec, use: 'sig', key_ops: ['sign'] }),
      'key_ops_contradictory',
      'warn',
    ],
    [
      'key_ops of two purposes',
      () => ({ ...ec, key_ops: ['verify', 'deriveKey'] }),
      'key_ops_contradictory',
      'warn',
    ],
    ['alg of another family', () => ({ ...ec, alg: 'RS256' }), 'alg_unfit', 'warn'],
    ['alg of another curve', () => ({ ...ec, alg: 'ES384' }), 'alg_unfit', 'warn'],
    ['alg for encryption', () => ({ ...rsa, alg: 'RSA-OAEP' }), 'alg_unsupported', 'info'],
    ['alg none', () => ({ ...ec, alg: 'none' }), 'alg_unsupported', 'info'],
    ['an HMAC alg on a public key', () => ({ ...rsa, alg: 'HS256' }), 'alg_unsupported', 'info'],
    ['alg that is not registered', () => ({ ...ec, alg: 'ES521' }), 'alg_unsupported', 'info'],
    ['alg that is an array', () => ({ ...ec, alg: ['ES256'] }), 'alg_unsupported', 'info'],
    ['an alg that is not configured', () => ({ ...rsa, alg: 'PS256' }), 'algorithm_not_configured', 'info'],
    ['RSA of 1024 bits', () => ({ ...rsa, n: rsa.n?.slice(0, 171) }), 'rsa_too_small', 'warn'],
    ['RSA of 2047 bits', () => ({ ...rsa, n: modulus((n) => n >> 1n) }), 'rsa_too_small', 'warn'],
    [
      'RSA padded with zeros to 2048 bits',
      () => ({ ...rsa, n: base64url(`${'00'.repeat(128)}${hex(rsa.n ?? '').slice(0, 256)}`) }),
      'rsa_too_small',
      'warn',
    ],
    [
      'RSA of 8193 bits and more',
      () => ({ ...rsa, n: base64url('ff'.repeat(1_025)) }),
      'rsa_too_large',
      'warn',
    ],
    ['RSA of a megabit', () => ({ ...rsa, n: 'A'.repeat(20_000) }), 'rsa_malformed', 'warn'],
    ['an even modulus', () => ({ ...rsa, n: modulus((n) => n - 1n) }), 'rsa_modulus_composite', 'warn'],
    [
      'a modulus with a small factor',
      () => ({ ...rsa, n: modulus((n) => n - (n % 7n) + (n % 2n === (n - (n % 7n)) % 2n ? 0n : 7n)) }),
      'rsa_modulus_composite',
      'warn',
    ],
    ['an exponent of 1', () => ({ ...rsa, e: 'AQ' }), 'rsa_exponent', 'warn'],
    ['an exponent of 0', () => ({ ...rsa, e: 'AA' }), 'rsa_exponent', 'warn'],
    ['an exponent of 3', () => ({ ...rsa, e: 'Aw' }), 'rsa_exponent', 'warn'],
    ['an even exponent', () => ({ ...rsa, e: base64url('010002') }), 'rsa_exponent', 'warn'],
    ['an exponent of 40 bits', () => ({ ...rsa, e: base64url('0100000001') }), 'rsa_exponent', 'warn'],
    ['an exponent as large as the modulus', () => ({ ...rsa, e: rsa.n }), 'rsa_exponent', 'warn'],
    ['an empty modulus', () => ({ ...rsa, n: '' }), 'rsa_malformed', 'warn'],
    ['an exponent padded where nothing is missing', () => ({ ...rsa, e: 'AQAB==' }), 'rsa_malformed', 'warn'],
    ['an exponent padded by one too many', () => ({ ...rsa, e: 'AAEAAQ===' }), 'rsa_malformed', 'warn'],
    ['commas for padding', () => ({ ...rsa, n: `${rsa.n},,` }), 'rsa_malformed', 'warn'],
    [
      'a modulus in lines',
      () => ({ ...rsa, n: `${rsa.n?.slice(0, 64)}\r\n${rsa.n?.slice(64)}` }),
      'rsa_malformed',
      'warn',
    ],
    ['a modulus that is null', () => ({ ...rsa, n: null }), 'rsa_malformed', 'warn'],
    ['a text of one character', () => ({ ...rsa, e: 'A' }), 'rsa_malformed', 'warn'],
    ['a modulus that is an array', () => ({ ...rsa, n: [rsa.n] }), 'rsa_malformed', 'warn'],
    ['no exponent', () => ({ ...rsa, e: undefined }), 'rsa_malformed', 'warn'],
  ];

  it.each(CASES)('%s', async (_title, bad, why, level) => {
    const served = await serve(bad());
    expect({ ...served.answers, why: served.why, level: served.level }).toEqual({
      good: 'ok',
      bad: 'key_not_found',
      why,
      level,
    });
  });

  it.each([
    ['P-521', 'ES512'],
    ['P-384', 'ES384'],
    ['Ed25519', 'EdDSA'],
    ['RSA', 'RS256'],
  ] as const)('a good %s key is accepted', async (_kind, alg) => {
    const { answers } = await serve(
      { ...(await publicJwk('fine', alg)), kid: 'bad', key_ops: ['verify'], ext: true },
      NO_PINS,
      alg,
    );
    expect(answers.bad).toBe('ok');
  });

  it('an RSA modulus with a leading zero octet is accepted, as other libraries write it', async () => {
    const { answers } = await serve({ ...rsa, n: base64url(`00${hex(rsa.n ?? '')}`) }, NO_PINS, 'RS256');
    expect(answers.bad).toBe('ok');
  });

  it('a modulus made as CVE-2017-15361 makes them is refused', async () => {
    // The structure of both primes, without the search for primes: the fingerprint is of the residues alone.
    const factor = (exponent: number, k: bigint) => {
      let power = 1n;
      for (let step = 0; step < exponent; step += 1) power = (power * 65_537n) % PRIMORIAL;
      return k * PRIMORIAL + power;
    };
    const wide = 1n << 805n;
    const n = (factor(1_234, wide + 12_345n) * factor(777, wide + 98_765n)).toString(16);
    expect(n.length).toBeGreaterThanOrEqual(512);
    const served = await serve({ ...rsa, n: base64url(n.length % 2 === 0 ? n : `0${n}`) }, NO_PINS, 'RS256');
    expect({ ...served.answers, why: served.why, level: served.level }).toEqual({
      good: 'ok',
      bad: 'key_not_found',
      why: 'rsa_roca',
      level: 'error',
    });
  });

  it('a key whose private part is listed beside it is as public as its twin', async () => {
    const { d: _d, ...twin } = ecPrivate;
    const stage = new Stage();
    stage.reply = json({ keys: [{ ...twin, kid: 'twin' }, ecPrivate, await jwk('good')] });
    expect(await stage.ask('twin')).toBe('key_not_found');
    expect(await stage.ask('good')).toBe('ok');
  });

  it('says once what is wrong, again only when it changes', async () => {
    const { stage } = await serve({ ...ec, use: 'enc' });
    const rejected = () => stage.names().filter((name) => name === 'key_rejected').length;
    expect(rejected()).toBe(1);
    stage.now += 540;
    await stage.ask('good');
    await stage.settle();
    expect([stage.fetches, rejected()]).toEqual([2, 1]);
    stage.reply = json({ keys: [{ ...ec, use: 'sig', alg: 'ES384' }, await jwk('good')] });
    stage.now += 540;
    await stage.ask('good');
    await stage.settle();
    expect([stage.fetches, rejected()]).toEqual([3, 2]);
  });

  it('no event carries key material', async () => {
    const { stage } = await serve(ecPrivate);
    const text = JSON.stringify([stage.events, stage.source.status(stage.now)]);
    for (const secret of [ecPrivate.d, ecPrivate.x]) expect(text).not.toContain(secret);
  });
});

describe('pins', () => {
  const pins = (overrides: object) => ({ ...NO_PINS, ...overrides });

  it.each([
    ['a blocked kid', { blockedKids: new Set(['bad']) }, 'kid_blocked'],
    ['a kid that is not allowed', { allowedKids: new Set(['good']) }, 'kid_not_allowed'],
  ])('%s is refused without a fetch of its own', async (_title, overrides, why) => {
    const served = await serve(ec, pins(overrides));
    expect({ ...served.answers, why: served.why }).toEqual({ good: 'ok', bad: 'key_not_found', why });
    expect(served.stage.fetches).toBe(1);
  });

  it('a token without kid does not reach a blocked key', async () => {
    const { stage } = await serve(ec, pins({ blockedKids: new Set(['good']) }));
    expect(await stage.ask(undefined)).toBe('ok');
    const blocked = await serve(ec, pins({ blockedKids: new Set(['good', 'bad']) }));
    expect(await blocked.stage.ask(undefined)).toBe('key_not_found');
  });

  it('a key without kid is not among allowed kids', async () => {
    const { kid: _kid, ...nameless } = ec;
    const { stage } = await serve(nameless, pins({ allowedKids: new Set(['other']) }));
    expect(await stage.ask(undefined)).toBe('key_not_found');
    expect(stage.events).toContainEqual(expect.objectContaining({ kid: null, why: 'kid_not_allowed' }));
  });
});
