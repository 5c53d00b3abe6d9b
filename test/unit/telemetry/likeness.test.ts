import { describe, expect, it } from 'vitest';
import { differenceText } from '../../../src/telemetry/likeness.ts';

const TENANT = '6babcaad-604b-40ac-a9d7-9fd97c0b779f';
const V1 = `https://sts.windows.net/${TENANT}/`;
const V2 = `https://login.microsoftonline.com/${TENANT}/v2.0`;

describe("an issuer of Entra's other version", () => {
  it('is told as that, with what decides it', () => {
    expect(differenceText(V1, [V2])).toContain("a token of Entra's version 1, and the policy has the issuer");
    expect(differenceText(V2, [V1])).toContain('issuer of version 1: "requestedAccessTokenVersion"');
    expect(differenceText(V1, ['https://id.example', V2])).toContain('version 2');
  });

  it('is not told of another tenant of the same version, or of an issuer that only looks like one', () => {
    expect(differenceText(V2, [V2.replace('6', '7')])).toContain('another tenant');
    expect(differenceText('https://sts.windows.net.evil.example/x/', [V2])).toBe('');
    expect(differenceText(V1, ['https://id.example'])).toBe('');
  });
});
