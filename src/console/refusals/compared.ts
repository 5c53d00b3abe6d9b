import { beside, isoTime } from '../moment.ts';
import { type Refused, reasonOf } from './event.ts';

/** What was held against what, in the order of a sentence. */
export interface Compared {
  readonly what: string;
  readonly found: string;
  readonly wanted: string;
}

const list = (value: string | readonly string[] | undefined): string =>
  value === undefined ? 'not told' : [value].flat().join(', ');

/** What the event tells of the comparison that failed; empty: it names no more than the reason. */
export function comparedIn(event: Refused): readonly Compared[] {
  const { unverified = {}, evidence, time, kid, issuer, route } = event;
  const rule = evidence === undefined ? [] : [{ what: 'the rule', found: evidence, wanted: 'that it holds' }];
  switch (reasonOf(event)) {
    case 'expired': {
      const { expiresAt } = unverified;
      if (expiresAt === undefined || evidence === 'iat') return rule;
      const found = `${isoTime(expiresAt)} (${beside(expiresAt, time)} of the request)`;
      return [
        {
          what: 'exp of the token',
          found: found.replace(' ago of', ' before'),
          wanted: `after ${isoTime(time)}`,
        },
      ];
    }
    case 'issuer_untrusted':
      return [
        {
          what: 'iss of the token',
          found: list(unverified.issuer),
          wanted: `an issuer of the route ${route ?? ''}`,
        },
      ];
    case 'audience_mismatch':
      return [
        {
          what: 'aud of the token',
          found: list(unverified.audience),
          wanted: 'an audience of the issuer’s table',
        },
        ...rule,
      ];
    case 'key_not_found':
    case 'signature_invalid':
      return [
        {
          what: 'the key',
          found: kid ?? evidence ?? 'not told',
          wanted: `a key of ${list(unverified.issuer ?? issuer)}`,
        },
      ];
    case 'method_not_allowed':
      return [{ what: 'the method', found: event.method, wanted: 'a method of the route' }];
    case 'route_not_found':
      return [{ what: 'host and path', found: `${event.host}${event.path}`, wanted: 'a route' }];
    case 'revoked':
      return [{ what: 'revoked by', found: evidence ?? 'not told', wanted: 'no entry that hits the token' }];
    default:
      return rule;
  }
}
