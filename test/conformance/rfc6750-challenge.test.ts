import { describe, expect, it } from 'vitest';
import { REJECTIONS, type Rejection, type RejectionReason } from '../../src/core/rejection.ts';
import { respond } from '../../src/http/respond.ts';

const SECRET = 'evidence-that-must-stay-inside';

const rejection = (reason: RejectionReason): Rejection =>
  ({
    reason,
    evidence: SECRET,
    allow: ['GET', 'HEAD'],
    scope: ['orders:read', 'orders:write'],
    retryAfterSeconds: 4.2,
  }) as Rejection;

const answer = (reason: RejectionReason, method = 'GET') => respond(rejection(reason), method);
const reasons = Object.keys(REJECTIONS) as RejectionReason[];

describe('RFC 6750, RFC 9110, RFC 9457: answers', () => {
  it.each([
    'token_malformed',
    'algorithm_not_allowed',
    'type_unexpected',
    'issuer_untrusted',
    'key_not_found',
    'signature_invalid',
    'claim_missing',
    'claim_invalid',
    'audience_mismatch',
    'expired',
    'not_yet_valid',
    'revoked',
  ] as const)('RFC 6750 §3.1: %s is 401 invalid_token with one vague description', async (reason) => {
    const response = answer(reason);
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toBe(
      'Bearer realm="api", error="invalid_token", error_description="The access token is not valid."',
    );
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'The access token is not valid.',
    });
  });

  it('RFC 6750 §3.1: a request without credentials gets a challenge without an error code', () => {
    const response = answer('credentials_missing');
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer realm="api"');
  });

  it.each(['credentials_malformed', 'credentials_multiple', 'token_too_large'] as const)(
    'RFC 6750 §3.1: %s is 400 invalid_request',
    (reason) => {
      const response = answer(reason);
      expect(response.status).toBe(400);
      expect(response.headers.get('WWW-Authenticate')).toContain('error="invalid_request"');
    },
  );

  it('RFC 6750 §3.1: a scope too narrow is 403 insufficient_scope and names the scope needed', () => {
    const response = answer('scope_insufficient');
    expect(response.status).toBe(403);
    expect(response.headers.get('WWW-Authenticate')).toContain(
      'error="insufficient_scope", error_description="The access token does not grant the scope needed here.", scope="orders:read orders:write"',
    );
  });

  it('RFC 6750 §3.1: a claim that does not do is 403 insufficient_scope, and names no claim', () => {
    const response = answer('claim_forbidden');
    expect(response.status).toBe(403);
    expect(response.headers.get('WWW-Authenticate')).toBe(
      'Bearer realm="api", error="insufficient_scope", error_description="The access token does not allow this."',
    );
  });

  it('RFC 9110 §15.5.2: every 401 carries a challenge', () => {
    const unauthorized = reasons.filter((reason) => REJECTIONS[reason].status === 401);
    expect(unauthorized.filter((reason) => !answer(reason).headers.has('WWW-Authenticate'))).toEqual([]);
  });

  it.each(reasons.filter((reason) => REJECTIONS[reason].challenge !== undefined))(
    'RFC 6750 §3: the challenge of %s names the realm it is told to',
    (reason) => {
      const response = respond(rejection(reason), 'GET', { realm: 'The shop' });
      expect(response.headers.get('WWW-Authenticate')).toMatch(/^Bearer realm="The shop"(, |$)/);
    },
  );

  it('RFC 9457 §3.2: the reference is the one member more, where there is one', async () => {
    const told = respond(rejection('expired'), 'GET', { reference: 'abc' });
    const { reference, ...rest } = (await told.json()) as Record<string, unknown>;
    expect([reference, rest]).toEqual(['abc', await answer('expired').json()]);
  });

  it.each(['path_ambiguous', 'route_not_found', 'cross_origin_forbidden', 'keys_unavailable'] as const)(
    'RFC 6750 §3: %s carries no challenge',
    (reason) => {
      expect(answer(reason).headers.has('WWW-Authenticate')).toBe(false);
    },
  );

  it.each(['keys_unavailable', 'revocation_unavailable'] as const)(
    'RFC 9110 §10.2.3, §15.6.4: %s is 503 with Retry-After in whole seconds',
    (reason) => {
      const response = answer(reason);
      expect(response.status).toBe(503);
      expect(response.headers.get('Retry-After')).toBe('5');
    },
  );

  it('RFC 9110 §15.5.6: 405 lists what is allowed', () => {
    const response = answer('method_not_allowed');
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe('GET, HEAD');
  });

  it.each([
    ['route_not_found', 404],
    ['path_ambiguous', 400],
    ['claim_forbidden', 403],
    ['origin_unreachable', 502],
    ['origin_timeout', 504],
    ['config_invalid', 500],
    ['internal_error', 500],
  ] as const)('RFC 9110 §15: %s is %i', (reason, status) => {
    expect(answer(reason).status).toBe(status);
  });

  it.each(reasons)(
    'RFC 9457 §3: %s is problem+json, never stored, and tells nothing of the inside',
    async (reason) => {
      const response = answer(reason);
      expect(response.headers.get('Content-Type')).toBe('application/problem+json');
      expect(response.headers.get('Cache-Control')).toBe('no-store');
      const text = JSON.stringify([...response.headers]) + (await response.text());
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(reason);
      expect(JSON.parse(text.slice(text.lastIndexOf('{')))).toMatchObject({ status: response.status });
    },
  );

  it.each(reasons)('RFC 9110 §9.3.2: %s answers HEAD with the same headers and no body', async (reason) => {
    const head = answer(reason, 'HEAD');
    expect([...head.headers]).toEqual([...answer(reason).headers]);
    expect(await head.text()).toBe('');
  });
});
