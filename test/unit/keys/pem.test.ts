import { exportSPKI, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { compilePem } from '../../../src/config/compile-pem.ts';
import type { Algorithm } from '../../../src/core/jose.ts';
import { NO_PINS, Stage } from './scripted-issuer.ts';

/** Self-signed, P-256, for issuer.test; its key is nowhere. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBgzCCASmgAwIBAgIUHVnavsENOuxmlhkd06eUW0zQyaQwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLaXNzdWVyLnRlc3QwIBcNMjYxMTI4MTIwOTA2WhgPMjEyNjEx
MDQxMjA5MDZaMBYxFDASBgNVBAMMC2lzc3Vlci50ZXN0MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAE7C85R7EAFoR3dOYAzwKnkIS6e6kr4ftQfqDre0uPyg4X0P3H
eBIZ1z7J6gBL1hPp8Qw/QqJG+p+7swBuMgAad6NTMFEwHQYDVR0OBBYEFDQJ6hEE
YtGBHfKOMFicRm/IPXP6MB8GA1UdIwQYMBaAFDQJ6hEEYtGBHfKOMFicRm/IPXP6
MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAMOwZ6LpEtnv9/QA
oqoQTaQCcyzG/Jzd3AyabStNFH3DAiAY9WEFiVuGhUy+xn76T8bcOE59RjVQ1RZ1
rlrk0qQBWQ==
-----END CERTIFICATE-----`;
const DIGEST = 'dZLgkYFFYrTIf2WXq9H4zBnzvEFSBgqHQXfMezQ1HRY';

const ALGORITHMS: ReadonlySet<Algorithm> = new Set(['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'Ed25519']);
const stageOf = (pem: string, pins = NO_PINS) => {
  const problems: unknown[] = [];
  const blocks = compilePem(pem, ['pem'], problems as never[]);
  if (blocks === undefined) throw new Error(JSON.stringify(problems));
  return new Stage({ issuer: { algorithms: ALGORITHMS, source: { from: 'pem', blocks, pins } } });
};
const publicPem = async (algorithm: string) =>
  exportSPKI((await generateKeyPair(algorithm, { extractable: true })).publicKey);

describe('PEM keys', () => {
  it.each([
    ['RS256', ['RS256', 'PS256']],
    ['ES256', ['ES256']],
    ['ES384', ['ES384']],
    ['ES512', ['ES512']],
    ['Ed25519', ['Ed25519']],
  ])('say themselves that they are for %s', async (made, algorithms) => {
    const stage = stageOf(await publicPem(made));
    for (const algorithm of ALGORITHMS) {
      const found = await stage.ask('any-kid', algorithm);
      expect([algorithm, found]).toEqual([
        algorithm,
        algorithms.includes(algorithm) ? 'ok' : 'key_not_found',
      ]);
    }
    expect(stage.fetches).toBe(0);
  });

  it('may be two, of which both come into question', async () => {
    const stage = stageOf(`${await publicPem('ES256')}\n${await publicPem('ES256')}`);
    const found = await stage.keysFor(undefined, 'ES256');
    expect(found).toMatchObject({
      value: { keys: [{ kid: undefined }, { kid: undefined }], conclusive: true },
    });
  });

  it('of a certificate are called by its digest', async () => {
    const stage = stageOf(`${CERTIFICATE}\n${await publicPem('ES256')}`);
    const found = await stage.source.keysFor(
      stage.issuer,
      { alg: 'ES256', x5tS256: DIGEST },
      { now: stage.now, waitUntil: () => {}, emit: () => {} },
    );
    expect(found).toMatchObject({ value: { keys: [{ algorithm: 'ES256' }] } });
    expect(found.ok && found.value.keys.length).toBe(1);
  });

  it('that are none are refused and told', async () => {
    const stage = stageOf(
      `-----BEGIN PUBLIC KEY-----\nAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PUBLIC KEY-----\n${CERTIFICATE}`,
    );
    expect(await stage.ask(undefined, 'ES256')).toBe('ok');
    expect(stage.events).toMatchObject([{ event: 'key_rejected', why: 'kty_unsupported' }]);
  });

  it('obey pins by thumbprint', async () => {
    const stage = stageOf(CERTIFICATE, { ...NO_PINS, allowedThumbprints: new Set(['x']) });
    expect(await stage.ask(undefined, 'ES256')).toBe('key_not_found');
  });
});
