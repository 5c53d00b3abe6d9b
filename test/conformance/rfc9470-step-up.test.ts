import { describe, expect, it } from 'vitest';
import { authorize } from '../../src/access/authorize.ts';
import type { LiveToken } from '../../src/core/principal.ts';
import type { Requirement } from '../../src/core/requirement.ts';
import { respond } from '../../src/http/respond.ts';
import { anIssuer, NOW, someClaims } from '../fixtures/policies.ts';

/** The answer to a token of these claims where that is asked, or undefined where it is allowed. */
function answer(
  asked: Partial<Extract<Requirement, { kind: 'authentication' }>>,
  claims: Record<string, unknown>,
): Response | undefined {
  const requirement: Requirement = {
    kind: 'authentication',
    acr: undefined,
    amr: undefined,
    maxAgeSeconds: undefined,
    ...asked,
  };
  const token = { claims: someClaims(claims), profile: anIssuer() };
  const decided = authorize({ token } as unknown as LiveToken, requirement, {
    request: { received: { method: 'GET' }, target: { host: 'api.example' } },
    context: { now: NOW },
  });
  return decided.ok ? undefined : respond(decided.error, 'GET');
}

describe('RFC 9470', () => {
  it('RFC 9470 §3: an authentication that does not do is 401 insufficient_user_authentication', () => {
    const response = answer({ acr: ['myACR'] }, {});
    expect(response?.status).toBe(401);
    expect(response?.headers.get('WWW-Authenticate')).toMatch(
      /^Bearer realm="api", error="insufficient_user_authentication", error_description="[^"]+"/,
    );
  });

  it.each([
    [{ acr: ['a', 'b'] }, 'acr_values="a b"', 'max_age'],
    [{ maxAgeSeconds: 5 }, 'max_age="5"', 'acr_values'],
    [{ acr: ['a'], maxAgeSeconds: 900 }, 'acr_values="a", max_age="900"', 'scope'],
    [{ amr: ['otp'] }, 'insufficient_user_authentication', 'otp'],
  ])('RFC 9470 §3: the challenge to %j says what would do', (asked, present, absent) => {
    const challenge = answer(asked, {})?.headers.get('WWW-Authenticate');
    expect(challenge).toContain(present);
    expect(challenge).not.toContain(absent);
  });

  it.each([
    [{ acr: 'a' }, { acr: ['a', 'b'] }, true],
    [{ acr: 'c' }, { acr: ['a', 'b'] }, false],
    [{ acr: ['a'] }, { acr: ['a'] }, false],
    [{ auth_time: NOW - 5 }, { maxAgeSeconds: 5 }, true],
    [{ auth_time: NOW - 36 }, { maxAgeSeconds: 5 }, false],
    [{ auth_time: NOW.toString() }, { maxAgeSeconds: 5 }, false],
  ])('RFC 9470 §6.1: what a JWT says is %j, asked is %j: %s', (claims, asked, allowed) => {
    expect(answer(asked, claims) === undefined).toBe(allowed);
  });
});
