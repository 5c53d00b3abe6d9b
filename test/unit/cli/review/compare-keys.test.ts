import { describe, expect, it } from 'vitest';
import { compareKeys } from '../../../../src/cli/review/compare-keys.ts';
import type { JwksCachePolicy, KeyPins, KeyProviderSource } from '../../../../src/core/policy.ts';

type Remote = Extract<KeyProviderSource, { readonly from: 'remote' }>;

const CACHE: JwksCachePolicy = {
  maxAgeSeconds: 300,
  minFreshSeconds: 30,
  maxFreshSeconds: 3_600,
  staleWhileRevalidateSeconds: 30,
  staleIfErrorSeconds: 3_600,
  cooldownSeconds: 5,
  timeoutMs: 3_000,
  maxBytes: 65_536,
  maxKeys: 32,
};
const pins: KeyPins = { allowedKids: undefined, allowedThumbprints: undefined, blockedKids: new Set() };
const remote = (changes: Partial<Remote> = {}): KeyProviderSource => ({
  from: 'remote',
  jwksUri: 'https://id.example/keys',
  httpHosts: new Set(),
  discovery: 'openid',
  cache: CACHE,
  pins,
  ...changes,
});
const inline = (...kids: readonly string[]): KeyProviderSource => ({
  from: 'inline',
  jwks: { keys: kids.map((kid) => ({ kty: 'OKP', kid })) },
  pins,
});
const pem = (...texts: readonly string[]): KeyProviderSource => ({
  from: 'pem',
  blocks: texts.map((base64) => ({ label: 'PUBLIC KEY', base64 })),
  pins,
});
const secret = (...bindings: readonly string[]): KeyProviderSource => ({
  from: 'secret',
  bindings,
  encoding: 'utf8',
});

const verdicts = (was: KeyProviderSource, is: KeyProviderSource) =>
  compareKeys(was, is).map(({ verdict, what }) => `${verdict} ${what}`);

describe('the keys of an issuer under two policies', () => {
  it.each<[string, KeyProviderSource, KeyProviderSource]>([
    ['an address', remote(), remote()],
    ['an address, which needs no discovery', remote(), remote({ discovery: 'oauth' })],
    ['keys in another order', inline('a', 'b'), inline('b', 'a')],
    ['secrets in another order', secret('A', 'B'), secret('B', 'A')],
  ])('are the same: %s', (_, was, is) => {
    expect(compareKeys(was, is)).toEqual([]);
    expect(compareKeys(is, was)).toEqual([]);
  });

  it.each<[string, KeyProviderSource, KeyProviderSource, string]>([
    ['a key', inline('a'), inline('a', 'b'), 'keys'],
    ['a public key', pem('QQ=='), pem('QQ==', 'Qg=='), 'keys'],
    ['a secret', secret('A'), secret('A', 'B'), 'secrets'],
    [
      'a host over plain http',
      remote(),
      remote({ httpHosts: new Set(['10.0.0.1']) }),
      'keys over plain http',
    ],
    ['a kid', pinned({ allowedKids: new Set(['a']) }), pinned({ allowedKids: undefined }), 'allowed kids'],
    [
      'a thumbprint',
      pinned({ allowedThumbprints: new Set(['a']) }),
      pinned({ allowedThumbprints: new Set(['a', 'b']) }),
      'allowed thumbprints',
    ],
    ['one that was blocked', pinned({ blockedKids: new Set(['a']) }), pinned({}), 'blocked kids'],
    [
      'all for longer',
      remote(),
      remote({ cache: { ...CACHE, maxFreshSeconds: 1_000_000 } }),
      'jwks_cache max_fresh',
    ],
  ])('are more, and the other way round fewer: %s', (_, was, is, what) => {
    expect(verdicts(was, is)).toEqual([`looser ${what}`]);
    expect(verdicts(is, was)).toEqual([`stricter ${what}`]);
  });

  it.each<[string, KeyProviderSource, KeyProviderSource]>([
    ['another address', remote(), remote({ jwksUri: 'https://id.example/other' })],
    ['a secret in the place of an address', remote(), secret('A')],
    ['a key in the place of an address', remote(), inline('a')],
    ['a key in the place of a secret', secret('A'), inline('a')],
    ['another reading of a secret', secret('A'), { from: 'secret', bindings: ['A'], encoding: 'hex' }],
  ])('are other ones: %s', (_, was, is) => {
    expect(verdicts(was, is)).toEqual(['looser other keys are trusted']);
    expect(verdicts(is, was)).toEqual(['looser other keys are trusted']);
  });

  it.each<[string, KeyProviderSource, KeyProviderSource]>([
    ['another key', inline('a'), inline('b')],
    ['another secret', secret('A'), secret('B')],
    ['a key in another form', inline('a'), pem('QQ==')],
  ])('are other ones and not the old ones any more: %s', (_, was, is) => {
    const both = verdicts(was, is).map((verdict) => verdict.split(' ')[0]);
    expect(both).toEqual(['looser', 'stricter']);
  });

  it('cannot be told where discovery finds the address', () => {
    expect(verdicts(remote(), remote({ jwksUri: undefined }))).toEqual(['may_differ jwks_uri']);
    const discovered = remote({ jwksUri: undefined });
    expect(verdicts(discovered, remote({ jwksUri: undefined, discovery: 'oauth' }))).toEqual([
      'may_differ jwks_uri',
    ]);
  });

  it('are the same whenever the issuer is asked', () => {
    const later = remote({ cache: { ...CACHE, cooldownSeconds: 7, timeoutMs: 1 } });
    expect(verdicts(remote(), later)).toEqual(['other jwks_cache cooldown', 'other jwks_cache timeout']);
  });
});

function pinned(changes: Partial<KeyPins>): KeyProviderSource {
  return remote({ pins: { ...pins, ...changes } });
}
