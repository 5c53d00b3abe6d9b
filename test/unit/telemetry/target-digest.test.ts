import { describe, expect, it } from 'vitest';
import { targetDigests } from '../../../src/telemetry/target-digest.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const user = { kind: 'sub', issuer: 'http://localhost:8788', value: 'user-1' } as const;

describe('targetDigests', () => {
  it('is the first 128 bits of HMAC-SHA-256, as openssl makes it', async () => {
    expect(await targetDigests(SECRET)(user)).toBe('KmLNcib5Wrgmh-eFNKMBhg');
  });

  it('differs by secret, kind, issuer and value, and is the same for the same', async () => {
    const digestOf = targetDigests(SECRET);
    const digests = await Promise.all([
      digestOf(user),
      targetDigests(`${SECRET}!`)(user),
      digestOf({ ...user, kind: 'sid' }),
      digestOf({ ...user, issuer: 'http://localhost:8789' }),
      digestOf({ ...user, value: 'user-2' }),
    ]);
    expect(new Set(digests).size).toBe(digests.length);
    expect(await digestOf(user)).toBe(digests[0]);
  });

  it('is none without a secret: one without a key could be guessed', async () => {
    expect(await targetDigests(undefined)(user)).toBe('-');
  });
});
