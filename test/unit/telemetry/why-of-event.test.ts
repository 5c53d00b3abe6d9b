import { expect, it } from 'vitest';
import { type EventSeen, whyOfEvent } from '../../../src/telemetry/why-of-event.ts';

const TIME = 1_795_000_000;
const EVENT = { time: TIME, method: 'DELETE', host: 'api.test', path: '/orders/7', route: 'orders' };

it.each<[string, EventSeen, string | undefined]>([
  ['route_not_found', {}, 'No route is for api.test/orders/7.'],
  ['method_not_allowed', {}, 'Route orders is not for DELETE.'],
  ['credentials_missing', {}, 'The request had no token where the route looks for one.'],
  [
    'expired',
    { evidence: 'exp', unverified: { expiresAt: TIME - 400 } },
    'The token expired 2026-11-18T11:00:00Z (7 min before the request).',
  ],
  ['expired', { evidence: 'exp' }, 'The rule that refused: exp.'],
  [
    'expired',
    { evidence: 'iat', unverified: { expiresAt: TIME + 400 } },
    'The token was issued longer ago than its issuer\'s "max_token_age" allows.',
  ],
  ['issuer_untrusted', { unverified: { issuer: 'https://a' } }, 'The token says that it is by "https://a".'],
  ['issuer_untrusted', {}, undefined],
  ['audience_mismatch', { unverified: { audience: ['b'] } }, 'The token says that it is for ["b"].'],
  ['key_not_found', { kid: 'k1' }, 'The token names the key "k1", which its issuer has not.'],
  ['key_not_found', { evidence: 'no kid' }, 'The rule that refused: no kid.'],
  ['signature_invalid', {}, "No key of its issuer made the token's signature."],
  [
    'signature_invalid',
    { unverified: { issuer: 'https://a' } },
    'No key of "https://a" made the token\'s signature.',
  ],
  ['revoked', { evidence: 'sub' }, 'The deny-list has an entry that hits the token: by its sub.'],
  ['scope_insufficient', { evidence: 'orders:write' }, 'The route wants of the token: orders:write.'],
  ['token_malformed', { evidence: 'header' }, 'The rule that refused: header.'],
  ['internal_error', { unverified: 'text' }, undefined],
])('says of %s with %j: %s', (reason, more, said) => {
  expect(whyOfEvent({ ...EVENT, reason, ...more })).toBe(said);
});
