import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  evidenceOf,
  REJECTIONS,
  type RejectionReason,
  type RejectionRow,
  stateOf,
} from '../../../src/core/rejection.ts';

const rows = Object.entries(REJECTIONS) as [RejectionReason, RejectionRow][];

describe('the table of rejections', () => {
  it('has a row for each reason, and the row says what kind of answer it is', () => {
    expectTypeOf<keyof typeof REJECTIONS>().toEqualTypeOf<RejectionReason>();
    expectTypeOf<RejectionRow<'keys_unavailable'>['retry']>().toEqualTypeOf<true>();
    expectTypeOf<RejectionRow<'revoked'>['retry']>().toEqualTypeOf<false>();
    expectTypeOf<
      Extract<RejectionRow<'keys_unavailable'>, { status: 503 }>['state']
    >().toEqualTypeOf<'unknown'>();
  });

  it.each(rows)('%s: denied is 4xx, unknown 503 with a time to retry, failed another 5xx', (_reason, row) => {
    const by = row.status < 500 ? 'denied' : row.status === 503 ? 'unknown' : 'failed';
    expect(row.state).toBe(by);
    expect(row.retry).toBe(by === 'unknown' || row.status === 429);
  });

  it('knows what is unknown', () => {
    expect(rows.filter(([, { state }]) => state === 'unknown').map(([reason]) => reason)).toEqual([
      'keys_unavailable',
      'revocation_unavailable',
      'rate_limit_unavailable',
      'signing_unavailable',
    ]);
    expect(stateOf({ reason: 'keys_unavailable' })).toBe('unknown');
    expect(stateOf({ reason: 'revoked' })).toBe('denied');
    expect(stateOf({ reason: 'origin_timeout' })).toBe('failed');
  });
});

describe('evidenceOf', () => {
  it('is the rule that refused, or the scope that was wanting', () => {
    expect(evidenceOf({ reason: 'expired', evidence: 'exp' })).toBe('exp');
    expect(evidenceOf({ reason: 'scope_insufficient', scope: ['a', 'b'] })).toBe('scope a b');
    expect(evidenceOf({ reason: 'credentials_missing' })).toBeUndefined();
  });
});
