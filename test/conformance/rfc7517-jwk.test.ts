import { describe, expect, it } from 'vitest';
import { json, jwk, NO_PINS, publicJwk, remote, Stage, status } from '../unit/keys/scripted-issuer.ts';

/** RFC 7638 §3.1: the example key, and the thumbprint the RFC computes for it. */
const EXAMPLE = {
  kty: 'RSA',
  n:
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF' +
    'V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9' +
    'c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1' +
    'jF44-csFCur-kEgU8awapJzKnqDKgw',
  e: 'AQAB',
};
const THUMBPRINT = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';

const stageWith = (overrides: object = {}) =>
  new Stage({
    issuer: {
      algorithms: new Set(['RS256', 'PS256', 'ES256']),
      source: remote({ pins: { ...NO_PINS, ...overrides } }),
    },
  });

/** What a set of these members answers for each header. */
const answers = async (
  keys: readonly object[],
  headers: readonly (readonly [string | undefined, string])[],
  pins = {},
) => {
  const stage = stageWith(pins);
  stage.reply = json({ keys });
  const given = [];
  for (const [kid, alg] of headers) given.push(await stage.ask(kid, alg));
  return given;
};

describe('RFC 7517', () => {
  it('§4: members that are not understood are ignored', async () => {
    const key = { ...(await jwk('a')), 'https://vendor.example/x': { d: 'nested' }, x5c: ['?'], iat: 0 };
    expect(await answers([key], [['a', 'ES256']])).toEqual(['ok']);
  });

  it('§4: of a duplicate member the last counts', async () => {
    const stage = stageWith();
    const text = JSON.stringify({ keys: [await jwk('a')] }).replace(
      '"kid":"a"',
      '"kid":"first","kid":"last"',
    );
    stage.reply = () => new Response(text);
    expect([await stage.ask('first'), await stage.ask('last')]).toEqual(['key_not_found', 'ok']);
  });

  it('§4.1: kty is case-sensitive, and a member with another type of key is not understood', async () => {
    const key = await jwk('a');
    expect(
      await answers(
        [
          { ...key, kty: 'Ec' },
          { ...key, kid: 'b' },
        ],
        [
          ['a', 'ES256'],
          ['b', 'ES256'],
        ],
      ),
    ).toEqual(['key_not_found', 'ok']);
  });

  it('§4.2: use is sig or absent', async () => {
    const { use: _use, ...plain } = await jwk('a');
    const keys = [plain, { ...plain, kid: 'b', use: 'sig' }, { ...plain, kid: 'c', use: 'enc' }];
    expect(
      await answers(keys, [
        ['a', 'ES256'],
        ['b', 'ES256'],
        ['c', 'ES256'],
      ]),
    ).toEqual(['ok', 'ok', 'key_not_found']);
  });

  it('§4.3: key_ops holds verify and nothing unrelated, and agrees with use', async () => {
    const key = await jwk('a');
    const keys = [
      { ...key, key_ops: ['verify'] },
      { ...key, kid: 'b', key_ops: ['sign', 'verify'] },
      { ...key, kid: 'c', key_ops: ['encrypt'] },
      { ...key, kid: 'd', key_ops: ['verify', 'encrypt'] },
    ];
    const headers = ['a', 'b', 'c', 'd'].map((kid) => [kid, 'ES256'] as const);
    expect(await answers(keys, headers)).toEqual(['ok', 'ok', 'key_not_found', 'key_not_found']);
  });

  it('§4.4: alg limits a key to one algorithm; without it the configuration does', async () => {
    const rsa = await publicJwk('r', 'RS256');
    const keys = [
      { ...rsa, kid: 'any' },
      { ...rsa, kid: 'pss', alg: 'PS256' },
    ];
    const headers = [
      ['any', 'RS256'],
      ['any', 'PS256'],
      ['any', 'ES256'],
      ['pss', 'RS256'],
      ['pss', 'PS256'],
    ] as const;
    expect(await answers(keys, headers)).toEqual(['ok', 'ok', 'key_not_found', 'key_not_found', 'ok']);
  });

  it('§4.5: kid is compared exactly', async () => {
    expect(
      await answers(
        [await jwk('Kid')],
        [
          ['Kid', 'ES256'],
          ['kid', 'ES256'],
          ['Kid ', 'ES256'],
        ],
      ),
    ).toEqual(['ok', 'key_not_found', 'key_not_found']);
  });

  it('§4.5: keys of different types may share a kid, as equivalent alternatives', async () => {
    const keys = [await jwk('a'), { ...(await publicJwk('r', 'RS256')), kid: 'a' }];
    expect(
      await answers(keys, [
        ['a', 'ES256'],
        ['a', 'RS256'],
      ]),
    ).toEqual(['ok', 'ok']);
  });

  it('§4.8 and §4.9: a key is called by the digest of its certificate as well', async () => {
    const { kid: _kid, ...key } = await jwk('a');
    const stage = stageWith();
    stage.reply = json({ keys: [await jwk('b'), { ...key, x5t: 'AAECAwQFBgcICQoLDA0ODxAREhM' }] });
    const header = { alg: 'ES256', x5t: 'AAECAwQFBgcICQoLDA0ODxAREhM' };
    expect(await stage.source.keysFor(stage.issuer, header, stage.context())).toMatchObject({
      value: { keys: [{ kid: undefined }], conclusive: true },
    });
  });

  it('§4.6: keys are never fetched through x5u, nor taken from a chain', async () => {
    const { x: _x, y: _y, ...hollow } = await jwk('a');
    const stage = stageWith();
    stage.reply = json({ keys: [{ ...hollow, x5u: 'https://evil.example/cert', x5c: ['MIIB'] }] });
    expect(await stage.ask('a')).toBe('key_not_found');
    expect(stage.fetched.map(({ url }) => url)).toEqual(['https://issuer.example/jwks']);
  });

  it('§5: members of a set that are not understood are ignored, keys that are not understood skipped', async () => {
    const stage = stageWith();
    stage.reply = json({ keys: [{ kty: 'AKP', kid: 'pq' }, await jwk('a')], next: 'https://evil.example' });
    expect(await stage.ask('a')).toBe('ok');
  });

  it('§9.2 and §9.3: private and symmetric keys in a public set are refused, the others stay', async () => {
    const keys = [{ kty: 'oct', kid: 'h', k: 'AA' }, { ...(await jwk('p')), d: 'AA' }, await jwk('a')];
    expect(
      await answers(keys, [
        ['h', 'ES256'],
        ['p', 'ES256'],
        ['a', 'ES256'],
      ]),
    ).toEqual(['key_not_found', 'key_not_found', 'ok']);
  });
});

describe('RFC 7518', () => {
  it('§3.3: RSA keys of less than 2048 bits are refused', async () => {
    const rsa = await publicJwk('r', 'RS256');
    expect(await answers([{ ...rsa, kid: 'a', n: rsa.n?.slice(0, 171) }], [['a', 'RS256']])).toEqual([
      'key_not_found',
    ]);
  });

  it('§2 and §6.3.1.1: a zero octet in front of the modulus, or base64 with padding, is the same integer', async () => {
    const rsa = await publicJwk('r', 'RS256');
    const octets = Uint8Array.fromBase64(rsa.n ?? '', { alphabet: 'base64url' });
    const keys = [
      {
        ...rsa,
        kid: 'zero',
        n: new Uint8Array([0, ...octets]).toBase64({ alphabet: 'base64url', omitPadding: true }),
      },
      { ...(await publicJwk('s', 'RS256')), kid: 'other' },
    ];
    expect(await answers(keys, [['zero', 'RS256']])).toEqual(['ok']);
    expect(await answers([{ ...rsa, kid: 'base64', n: octets.toBase64() }], [['base64', 'RS256']])).toEqual([
      'ok',
    ]);
  });

  it('§6.2.1.2: a coordinate has the full size of its curve', async () => {
    const key = await jwk('a');
    expect(await answers([{ ...key, x: key.x?.slice(0, 42) }], [['a', 'ES256']])).toEqual(['key_not_found']);
  });
});

describe('RFC 7638', () => {
  it('§3.1: the example thumbprint pins the example key', async () => {
    const pinned = { allowedThumbprints: new Set([THUMBPRINT]) };
    const keys = [{ ...EXAMPLE, kid: 'example', alg: 'RS256' }, await jwk('a')];
    expect(
      await answers(
        keys,
        [
          ['example', 'RS256'],
          ['a', 'ES256'],
        ],
        pinned,
      ),
    ).toEqual(['ok', 'key_not_found']);
  });

  it('§3.2: only the required members take part, whatever else the key says', async () => {
    const pinned = { allowedThumbprints: new Set([THUMBPRINT]) };
    const keys = [{ e: EXAMPLE.e, x5t: 'AA', use: 'sig', kid: 'renamed', n: EXAMPLE.n, kty: EXAMPLE.kty }];
    expect(await answers(keys, [['renamed', 'RS256']], pinned)).toEqual(['ok']);
  });

  it('§7: a pin holds for the key, not for its name', async () => {
    const pinned = { allowedThumbprints: new Set([THUMBPRINT]) };
    const rsa = await publicJwk('r', 'RS256');
    expect(await answers([{ ...rsa, kid: 'example' }], [['example', 'RS256']], pinned)).toEqual([
      'key_not_found',
    ]);
  });
});

describe('RFC 8037', () => {
  it('§2 and §3.1: an OKP key on Ed25519 serves EdDSA', async () => {
    const stage = new Stage({ issuer: { algorithms: new Set(['EdDSA']), source: remote() } });
    // RFC 8037 Appendix A.2.
    stage.reply = json({
      keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kid: 'a' }],
    });
    expect([await stage.ask('a', 'EdDSA'), await stage.ask('a', 'Ed25519')]).toEqual([
      'ok',
      'algorithm_not_allowed',
    ]);
  });
});

describe('RFC 8725', () => {
  it('§3.1: an algorithm that is not configured is refused before any fetch', async () => {
    const stage = stageWith();
    stage.reply = status(500);
    for (const alg of ['HS256', 'none', 'ES512', 'RS1'])
      expect(await stage.ask('a', alg)).toBe('algorithm_not_allowed');
    expect(stage.fetches).toBe(0);
  });
});
