import { expect, it } from 'vitest';
import { ownString } from '../../../src/telemetry/own-string.ts';
import fc from '../../fixtures/draws.ts';

it('is the same text, whatever it is cut out of', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.nat(30), (text, from) => {
      // Also half of a surrogate pair.
      expect(ownString(text.slice(from))).toBe(text.slice(from));
    }),
  );
  expect(ownString(`${'x'.repeat(20)}\ud800"\\\u2028`)).toBe(`${'x'.repeat(20)}\ud800"\\\u2028`);
});
