import { describe, expect, it } from 'vitest';
import { isChallenge, verifierHolds } from '../../../src/token-service/grants/pkce.ts';

async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  return new Uint8Array(digest).toBase64({ alphabet: 'base64url', omitPadding: true });
}

describe('a code verifier', () => {
  it('holds as in RFC 7636, Appendix B', async () => {
    const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
    expect(isChallenge(challenge)).toBe(true);
    expect(await verifierHolds('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk', challenge)).toBe(true);
  });

  it.each(['a'.repeat(43), 'a'.repeat(128), `${'a'.repeat(40)}-._~`])('%s holds', async (verifier) => {
    expect(await verifierHolds(verifier, await challengeOf(verifier))).toBe(true);
  });

  it.each([
    ['too short to be one', 'a'.repeat(42)],
    ['too long to be one', 'a'.repeat(129)],
    ['empty', ''],
    ['with a space', `${'a'.repeat(43)} `],
    ['with "+"', `${'a'.repeat(43)}+`],
    ['with a letter beyond ASCII', `${'a'.repeat(43)}é`],
    ['with a line break at its end', `${'a'.repeat(43)}\n`],
  ])('%s does not hold, though its digest is the challenge', async (_what, verifier) => {
    expect(await verifierHolds(verifier, await challengeOf(verifier))).toBe(false);
  });

  it('does not hold for the challenge of another', async () => {
    expect(await verifierHolds('b'.repeat(43), await challengeOf('a'.repeat(43)))).toBe(false);
  });
});
