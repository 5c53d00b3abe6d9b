import type { JsonValue } from '../core/jose.ts';
import { isObject } from '../core/json.ts';
import { momentText } from '../core/moment-text.ts';

/** Members of a request's event (docs/operating.md), from the log or from `GET /v1/refusals`. */
export interface EventSeen {
  readonly reason?: JsonValue;
  readonly evidence?: JsonValue;
  readonly unverified?: JsonValue;
  readonly time?: JsonValue;
  readonly method?: JsonValue;
  readonly host?: JsonValue;
  readonly path?: JsonValue;
  readonly route?: JsonValue;
  readonly kid?: JsonValue;
}

/** Beside the time of the request, not of now. */
export function besideRequest(moment: JsonValue, time: number): string {
  const text = momentText(moment, time);
  return text.replace(/ ago\)$/, ' before the request)').replace(/\(in (.*)\)$/, '($1 after the request)');
}

/**
 * Why a request was refused, in a sentence, as far as its event tells; undefined: it names no more than the reason. What a
 * token says that has not verified, anybody can have written.
 */
export function whyOfEvent(event: EventSeen): string | undefined {
  const { reason, evidence, unverified, time, method, host, path, route, kid } = event;
  const { issuer, audience, expiresAt } = isObject(unverified) ? unverified : {};
  const rule = typeof evidence === 'string' ? `The rule that refused: ${evidence}.` : undefined;
  switch (reason) {
    case 'route_not_found':
      return `No route is for ${host}${path}.`;
    case 'method_not_allowed':
      return `Route ${route} is not for ${method}.`;
    case 'credentials_missing':
      return 'The request had no token where the route looks for one.';
    case 'expired':
      if (evidence === 'iat')
        return 'The token was issued longer ago than its issuer\'s "max_token_age" allows.';
      return typeof time === 'number' && typeof expiresAt === 'number'
        ? `The token expired ${besideRequest(expiresAt, time)}.`
        : rule;
    case 'issuer_untrusted':
      return issuer === undefined ? rule : `The token says that it is by ${JSON.stringify(issuer)}.`;
    case 'audience_mismatch':
      return audience === undefined ? rule : `The token says that it is for ${JSON.stringify(audience)}.`;
    case 'key_not_found':
      return kid === undefined
        ? rule
        : `The token names the key ${JSON.stringify(kid)}, which its issuer has not.`;
    case 'signature_invalid':
      return `No key of ${issuer === undefined ? 'its issuer' : JSON.stringify(issuer)} made the token's signature.`;
    case 'revoked':
      return evidence === undefined
        ? undefined
        : `The deny-list has an entry that hits the token: by its ${evidence}.`;
    case 'scope_insufficient':
      return evidence === undefined ? undefined : `The route wants of the token: ${evidence}.`;
    default:
      return rule;
  }
}
