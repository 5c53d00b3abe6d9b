import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { z } from 'zod';
import { DEMO_ALGORITHMS } from './issuer-keys.ts';

/** What one may ask the demo issuer for: the body of `POST /token`. */
const schema = z.strictObject({
  scope: z.string().optional(),
  audience: z.union([z.string(), z.array(z.string()).min(1)]),
  sub: z.string().min(1).default('user-1'),
  client_id: z.string().min(1).default('demo-client'),
  roles: z.array(z.string()).default(['editor', 'auditor']),
  tenant: z.string().min(1).default('tenant-1'),
  /** Seconds; negative: a token that has expired already. */
  ttl: z.int().min(-86_400).max(86_400).default(300),
  alg: z.enum(DEMO_ALGORITHMS).default('ES256'),
  /** Added last: they replace any other claim. */
  claims: z.record(z.string(), z.json()).default({}),
});

export type TokenRequest = z.infer<typeof schema>;
/** Before the defaults: what a caller writes. */
export type TokenRequestBody = z.input<typeof schema>;

/** Said to the caller, as `invalid_request`. */
export class InvalidTokenRequest extends Error {
  override readonly name = 'InvalidTokenRequest';
}

/**
 * Throws `InvalidTokenRequest`. The content type is required because a web page can post anything else to
 * loopback without asking.
 */
export function parseTokenRequest(contentType: string | undefined, body: string): TokenRequest {
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? '')) {
    throw new InvalidTokenRequest('content-type must be application/json');
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new InvalidTokenRequest('the body is not JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InvalidTokenRequest(z.prettifyError(parsed.error));
}

/** The claims of RFC 9068 §2.2, a session, an array and a nested object. `now` in whole seconds. */
export function accessTokenClaims(issuer: string, asked: TokenRequest, now: number): JWTPayload {
  // A token that is to have expired was issued before that.
  const issuedAt = asked.ttl < 0 ? now + 2 * asked.ttl : now;
  return {
    iss: issuer,
    sub: asked.sub,
    aud: asked.audience,
    client_id: asked.client_id,
    iat: issuedAt,
    exp: now + asked.ttl,
    jti: randomUUID(),
    sid: randomUUID(),
    ...(asked.scope === undefined ? {} : { scope: asked.scope }),
    roles: asked.roles,
    org: { tenant_id: asked.tenant },
    ...asked.claims,
  };
}
