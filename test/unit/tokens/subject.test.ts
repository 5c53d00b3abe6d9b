import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/jose.ts';
import { lookupsOf } from '../../../src/revocation/predicates.ts';
import { readSubject } from '../../../src/tokens/subject.ts';
import { TokenCache } from '../../../src/tokens/token-cache.ts';
import { verifyJwt } from '../../../src/tokens/verify.ts';
import { anIssuer, ISSUER, someClaims } from '../../fixtures/policies.ts';
import { newSigningKey, type SigningKey, signRaw } from '../../fixtures/tokens.ts';
import { aContext, keysInMemory, outcomeOf } from '../../fixtures/verification.ts';

const numbered = anIssuer({ numericSubject: true });
const HEADER = '{"alg":"ES256","kid":"k1"}';

let key: SigningKey;
beforeAll(async () => {
  key = await newSigningKey('ES256');
});

/** A token whose `sub` stands in it as this JSON text. */
const withSubject = (json: string) =>
  signRaw(key, HEADER, `${JSON.stringify(someClaims({ sub: undefined })).slice(0, -1)},"sub":${json}}`);

const subjectIn = async (json: string, issuer = numbered) => {
  const token = await withSubject(json);
  const ports = { keys: keysInMemory(() => [key.key]), cache: new TokenCache({ entries: 10, bytes: 1e6 }) };
  const issuers = new Map([[issuer.issuer, [issuer]]]);
  const first = await verifyJwt(token, issuers, ports, aContext());
  const again = await verifyJwt(token, issuers, ports, aContext());
  expect(again).toEqual(first);
  return first;
};

describe('a subject that is the empty text', () => {
  it('is absent from the verified claims, and nothing is looked up for it', async () => {
    const verified = await subjectIn('""', anIssuer());
    if (!verified.ok) throw new Error(verified.error.reason);
    expect(Object.hasOwn(verified.value.claims, 'sub')).toBe(false);
    expect(lookupsOf(verified.value).lookups.map(({ kind }) => kind)).toEqual(['jti', 'kid', 'iss']);
  });

  it('is missing where a subject is required', async () => {
    const token = await withSubject('""');
    const required = anIssuer({ requiredClaims: ['sub'] });
    expect(await outcomeOf(token, [key.key], { issuer: required })).toBe('claim_missing');
    const profile = anIssuer({ profile: 'rfc9068', requiredClaims: ['client_id'] });
    expect(await outcomeOf(token, [key.key], { issuer: profile })).toBe('claim_missing');
  });
});

describe('a subject that is a number', () => {
  it.each([
    ['42', '42'],
    ['0', '0'],
    ['-0', '0'],
    ['-7', '-7'],
    ['1e3', '1000'],
    ['9007199254740991', '9007199254740991'],
    ['-9007199254740991', '-9007199254740991'],
    ['"42"', '42'],
    ['"042"', '042'],
  ])('%s is the text %s where the issuer numbers its subjects', async (json, text) => {
    const verified = await subjectIn(json);
    if (!verified.ok) throw new Error(verified.error.reason);
    expect(verified.value.claims.sub).toBe(text);
    expect(lookupsOf(verified.value).keys).toContain(`sub:${encodeURIComponent(ISSUER)}:${text}`);
  });

  it.each([
    '9007199254740992',
    '-9007199254740992',
    '9007199254740993',
    '1e300',
    '1e400',
    '4.2',
    '[42]',
    'true',
    'null',
  ])('%s is refused', async (json) => {
    expect(await outcomeOf(await withSubject(json), [key.key], { issuer: numbered })).toBe('claim_invalid');
  });

  it('is refused unless the issuer is said to number its subjects', async () => {
    expect(await outcomeOf(await withSubject('42'), [key.key])).toBe('claim_invalid');
  });
});

describe('readSubject', () => {
  it('leaves every other claim as it is, whatever its name', () => {
    const claims = JSON.parse('{"__proto__":{"a":1},"sub":"","constructor":2}') as JsonObject;
    const read = readSubject(claims, numbered);
    expect(Object.keys(read)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(JSON.stringify(readSubject({ ...claims, sub: 7 }, numbered))).toBe(
      '{"__proto__":{"a":1},"sub":"7","constructor":2}',
    );
  });

  it('hands back the very object where there is nothing to read differently', () => {
    const claims = { sub: 'user-1' };
    expect(readSubject(claims, numbered)).toBe(claims);
  });
});
