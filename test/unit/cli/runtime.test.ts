import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64, toHex } from '../../../src/cli/offline/runtime.ts';
import fc from '../../fixtures/draws.ts';

const alphabets = fc.constantFrom('base64' as const, 'base64url' as const);
const attempt = (decode: () => Uint8Array) => {
  try {
    return [...decode()];
  } catch (error) {
    return error instanceof SyntaxError ? 'SyntaxError' : error;
  }
};

describe('what stands for the methods of Uint8Array', () => {
  it('decodes as the runtime does, and refuses what it refuses', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'AZaz09+/-_= \n.*é'), maxLength: 12 }),
      fc.base64String(),
      fc
        .uint8Array({ maxLength: 40 })
        .map((bytes) => bytes.toBase64({ alphabet: 'base64url', omitPadding: true })),
    );
    fc.assert(
      fc.property(text, alphabets, (written, alphabet) => {
        expect(attempt(() => fromBase64(written, { alphabet }))).toEqual(
          attempt(() => Uint8Array.fromBase64(written, { alphabet })),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('encodes as the runtime does', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        alphabets,
        fc.boolean(),
        (bytes, alphabet, omitPadding) => {
          const options = { alphabet, omitPadding };
          expect(toBase64(bytes, options)).toBe(bytes.toBase64(options));
          expect(toHex(bytes)).toBe(bytes.toHex());
        },
      ),
    );
  });
});
