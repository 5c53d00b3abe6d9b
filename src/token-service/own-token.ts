import type { JsonObject } from '../core/jose.ts';
import type { KeyProvider, TokenProfile } from '../core/policy.ts';
import type { NumericDate } from '../core/time.ts';
import { InlineKeys } from '../keys/inline-keys.ts';
import type { KeySource } from '../keys/port.ts';
import { SIGNING_ALGORITHMS } from '../signing-keys/rotation.ts';
import { verifyJwt } from '../tokens/verify.ts';
import { KEYRING_NAME } from './keyring/keyring-namespace.ts';
import type { ServicePolicy } from './policy.ts';
import type { Exchange } from './ports.ts';

/** An access token that this service has issued. */
export interface OwnToken {
  readonly jti: string;
  /** The key that signed it. */
  readonly kid: string | undefined;
  readonly clientId: string;
  readonly subject: string;
  readonly audience: string;
  readonly sid: string | undefined;
  readonly scope: string | undefined;
  readonly issuedAt: NumericDate;
  readonly expiresAt: NumericDate;
}

/** Far above any token of ours. */
const MAX_TOKEN_LENGTH = 32_768;

/**
 * Reads an access token of ours: signature by a published key, issuer, type and claims (RFC 9068 §4). Undefined for
 * anything else, and for one that was encrypted to its resource. Throws when the keyring does not answer.
 * Does NOT check the audience, or whether it is revoked. An expired token is none, unless
 * `expiry` is ignored.
 */
export async function ownAccessToken(
  text: string,
  { ports, context }: Exchange,
  expiry: 'required' | 'ignored' = 'required',
): Promise<OwnToken | undefined> {
  if (text.length > MAX_TOKEN_LENGTH) return undefined;
  // Asked anew each time: a withdrawn key verifies nothing.
  const jwks: JsonObject = JSON.parse(await ports.keyring.getByName(KEYRING_NAME).jwks());
  const { issuer } = ports.policy;
  const source = { from: 'inline', jwks, pins: NO_PINS } as const;
  const provider = { name: 'token-service', issuer, algorithms: new Set(SIGNING_ALGORITHMS), source };
  const profile = { ...ownTokens(ports.policy, provider), expiry };
  const published = new InlineKeys(provider, source);
  const keys: KeySource = {
    keysFor: (_provider, header) => published.keysFor(header, context),
    status: () => [],
  };
  const verified = await verifyJwt(text, new Map([[issuer, [profile]]]), { keys, cache: undefined }, context);
  if (!verified.ok) return undefined;
  const { claims, iat, exp } = verified.value;
  const { jti, client_id: clientId, sub, aud, sid, scope } = claims;
  if (typeof jti !== 'string' || typeof clientId !== 'string' || typeof sub !== 'string') return undefined;
  if (typeof aud !== 'string' || iat === undefined || exp === undefined) return undefined;
  return {
    jti,
    kid: verified.value.key.kid,
    clientId,
    subject: sub,
    audience: aud,
    sid: typeof sid === 'string' ? sid : undefined,
    scope: typeof scope === 'string' ? scope : undefined,
    issuedAt: iat,
    expiresAt: exp,
  };
}

const NO_PINS = { allowedKids: undefined, allowedThumbprints: undefined, blockedKids: new Set<string>() };

/** What `access-token/issue.ts` makes, for whichever resource. A key that has signed may be of an earlier algorithm. */
const ownTokens = (policy: Pick<ServicePolicy, 'issuer' | 'keys'>, provider: KeyProvider): TokenProfile => ({
  name: provider.name,
  issuer: policy.issuer,
  template: undefined,
  audience: 'any',
  audienceOptional: false,
  audienceClaim: 'aud',
  jtiClaim: 'jti',
  scopeClaim: undefined,
  algorithms: provider.algorithms,
  keys: provider,
  types: new Set(['at+jwt']),
  typeRequired: true,
  profile: 'rfc9068',
  numericSubject: false,
  expiry: 'required',
  clockToleranceSeconds: 0,
  maxTokenAgeSeconds: undefined,
  requiredClaims: [],
  tenantClaim: undefined,
  maxTokenLifetimeSeconds: policy.keys.retainSeconds,
  lifetimeEnforced: false,
  encryption: undefined,
});
