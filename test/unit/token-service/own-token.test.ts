import { beforeAll, describe, expect, it } from 'vitest';
import { ownAccessToken } from '../../../src/token-service/own-token.ts';
import type { Exchange } from '../../../src/token-service/ports.ts';
import { NOW } from '../../fixtures/policies.ts';
import { newSigningKey, type SigningKey, sign } from '../../fixtures/tokens.ts';
import { aContext } from '../../fixtures/verification.ts';

const ISSUER = 'https://tokens.test';
const CLAIMS = {
  iss: ISSUER,
  sub: 'alice',
  aud: 'https://api.test',
  client_id: 'page',
  jti: 'id',
  iat: NOW,
  nbf: NOW,
  exp: NOW + 900,
};
const TYPE = { typ: 'at+jwt' };

let current: SigningKey;
let older: SigningKey;
let stranger: SigningKey;
let jwks: string;
beforeAll(async () => {
  [current, older, stranger] = await Promise.all([
    newSigningKey('ES256', 'current'),
    newSigningKey('RS256', 'older'),
    newSigningKey('ES256', 'stranger'),
  ]);
  jwks = JSON.stringify({ keys: [current.jwk, older.jwk] });
});

const read = (token: string, now = NOW + 1) => {
  const ports = {
    policy: { issuer: ISSUER, keys: { retainSeconds: 960 } },
    keyring: { getByName: () => ({ jwks: async () => jwks }) },
  };
  return ownAccessToken(token, { ports, context: aContext(now) } as unknown as Exchange);
};

describe('a token of our own', () => {
  it('is read, of whichever published key and algorithm', async () => {
    const expected = {
      jti: 'id',
      kid: 'current',
      clientId: 'page',
      subject: 'alice',
      audience: 'https://api.test',
      sid: undefined,
      scope: undefined,
      issuedAt: NOW,
      expiresAt: NOW + 900,
    };
    expect(await read(await sign(current, CLAIMS, TYPE))).toEqual(expected);
    const more = { ...CLAIMS, sid: 'grant', scope: 'read write' };
    expect(await read(await sign(older, more, TYPE))).toEqual({
      ...expected,
      kid: 'older',
      sid: 'grant',
      scope: 'read write',
    });
  });

  it.each<[string, object, object]>([
    ['of another issuer', { ...CLAIMS, iss: 'https://other.test' }, TYPE],
    ['of another type', CLAIMS, { typ: 'JWT' }],
    ['without a type', CLAIMS, { typ: undefined }],
    ['with a critical extension', CLAIMS, { ...TYPE, crit: ['x'] }],
    ['for several audiences', { ...CLAIMS, aud: ['https://api.test', 'x'] }, TYPE],
    ...Object.keys(CLAIMS)
      .filter((name) => name !== 'nbf')
      .map(
        (name) =>
          [`without ${name}`, { ...CLAIMS, [name]: undefined }, TYPE] satisfies [string, object, object],
      ),
  ])('is not one %s', async (_what, claims, header) => {
    expect(await read(await sign(current, { ...claims }, header))).toBeUndefined();
  });

  it('is not one of a key that is not published, whatever it calls it', async () => {
    expect(await read(await sign(stranger, CLAIMS, TYPE))).toBeUndefined();
    expect(await read(await sign(stranger, CLAIMS, { ...TYPE, kid: 'current' }))).toBeUndefined();
  });

  it('is none any more once it has expired, to the second', async () => {
    const token = await sign(current, CLAIMS, TYPE);
    expect(await read(token, NOW + 899)).toBeDefined();
    expect(await read(token, NOW + 900)).toBeUndefined();
  });

  it.each(['', 'x', 'a.b.c', 'a.b.c.d.e', `a.b.${'c'.repeat(40_000)}`])('is not %.20s', async (text) => {
    expect(await read(text)).toBeUndefined();
  });

  it('beyond any length of ours is not even asked about', async () => {
    const exchange = { ports: {}, context: aContext() } as unknown as Exchange;
    expect(await ownAccessToken('a'.repeat(32_769), exchange)).toBeUndefined();
  });
});
