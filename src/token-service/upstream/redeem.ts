import { importJWK } from 'jose';
import {
  AuthorizationResponseError,
  type AuthorizationServer,
  authorizationCodeGrantRequest,
  type Client,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  clockTolerance,
  None,
  OperationProcessingError,
  PrivateKeyJwt,
  processAuthorizationCodeResponse,
  processUserInfoResponse,
  ResponseBodyError,
  skipAuthTimeCheck,
  userInfoRequest,
  validateAuthResponse,
} from 'oauth4webapi';
import type { RequestContext } from '../../core/context.ts';
import type { JsonObject } from '../../core/jose.ts';
import { stateOf } from '../../core/rejection.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { isNumericDate } from '../../core/time.ts';
import { type MessagePorts, verifyMessage } from '../../decision/verify-message.ts';
import { StoreUnavailable } from '../../revocation-store/port.ts';
import { methodsOf } from '../access-token/claims.ts';
import type { Upstream, UpstreamCredential } from '../policy.ts';
import { type Fetch, UpstreamUnreachable } from './bounded-fetch.ts';
import type { LoginAnswer, LoginFault, UpstreamUser } from './login.ts';
import { requestOptions } from './metadata.ts';

interface Where {
  readonly upstream: Upstream;
  readonly metadata: AuthorizationServer;
  readonly fetch: Fetch;
  readonly ports: MessagePorts;
}

/**
 * Checks the authorization response (`state`, `iss` of RFC 9207), redeems the code and believes the ID token
 * (OpenID Connect Core 1.0 §3.1.3.7): `iss`, `aud`, `azp`, `exp`, `nonce`, `auth_time` by oauth4webapi, the signature by
 * the one `verifyJwt`, with the issuer's keys as they are kept for all tokens. Never throws.
 */
export async function redeemAtUpstream(
  where: Where,
  answer: LoginAnswer,
  context: RequestContext,
): Promise<Result<UpstreamUser, LoginFault>> {
  try {
    return await redeem(where, answer, context);
  } catch (error) {
    return err(faultOf(error));
  }
}

async function redeem(
  { upstream, metadata, fetch, ports }: Where,
  { parameters, redirectUri, secrets, maxAge }: LoginAnswer,
  context: RequestContext,
): Promise<Result<UpstreamUser, LoginFault>> {
  const client: Client = {
    client_id: upstream.clientId,
    [clockTolerance]: upstream.idTokens.clockToleranceSeconds,
  };
  const options = requestOptions(upstream.issuer, fetch);
  const checked = validateAuthResponse(metadata, client, parameters, secrets.state);
  const response = await authorizationCodeGrantRequest(
    metadata,
    client,
    await authenticationAt(metadata, upstream.credential),
    checked,
    redirectUri,
    secrets.verifier,
    options,
  );
  const tokens = await processAuthorizationCodeResponse(metadata, client, response, {
    expectedNonce: secrets.nonce,
    maxAge: maxAge ?? skipAuthTimeCheck,
    requireIdToken: true,
  });
  const profiles = new Map([[upstream.issuer, [upstream.idTokens]]]);
  const verified = await verifyMessage(String(tokens.id_token), profiles, ports, context);
  if (!verified.ok) {
    return stateOf(verified.error) === 'unknown'
      ? err({ kind: 'unavailable' })
      : err({ kind: 'invalid', why: verified.error.reason });
  }
  const { claims, iat } = verified.value;
  const { sub, sid, auth_time: authTime, acr, amr } = claims;
  // OpenID Connect Core 1.0 §2.
  if (typeof sub !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(sub) || iat === undefined) {
    return err({ kind: 'invalid', why: 'sub' });
  }
  const told: JsonObject =
    upstream.claimsFrom === 'id_token' || upstream.claims.size === 0
      ? claims
      : plainCopy(
          await processUserInfoResponse(
            metadata,
            client,
            sub,
            await userInfoRequest(metadata, client, tokens.access_token, options),
          ),
        );
  return ok({
    sub,
    sid: typeof sid === 'string' && sid !== '' ? sid : null,
    issuedAt: iat,
    authTime: isNumericDate(authTime) ? authTime : undefined,
    acr: typeof acr === 'string' ? acr : null,
    amr: methodsOf(amr),
    claims: Object.fromEntries(Object.entries(told).filter(([name]) => upstream.claims.has(name))),
  });
}

const plainCopy = (value: unknown): JsonObject => JSON.parse(JSON.stringify(value));

/** A secret goes into the header unless the provider takes it in the body alone (RFC 8414 §2). */
async function authenticationAt(
  { token_endpoint_auth_methods_supported: methods }: AuthorizationServer,
  credential: UpstreamCredential,
): Promise<ClientAuth> {
  switch (credential.method) {
    case 'none':
      return None();
    case 'client_secret':
      return methods?.includes('client_secret_post') && !methods.includes('client_secret_basic')
        ? ClientSecretPost(credential.secret)
        : ClientSecretBasic(credential.secret);
    case 'private_key_jwt': {
      const { jwk, algorithm } = credential;
      const key = await importJWK({ ...jwk, kty: String(jwk.kty) }, algorithm);
      if (!(key instanceof CryptoKey)) throw new TypeError('a private JWK is a key');
      return PrivateKeyJwt(typeof jwk.kid === 'string' ? { key, kid: jwk.kid } : key);
    }
  }
}

/** Error codes are of a known form; whatever else an answer says goes nowhere. */
const codeOf = (error: string): string => (/^[a-z_]{1,64}$/.test(error) ? error : 'unknown');

function faultOf(error: unknown): LoginFault {
  if (error instanceof UpstreamUnreachable || error instanceof StoreUnavailable)
    return { kind: 'unavailable' };
  if (error instanceof AuthorizationResponseError) {
    return error.error === 'temporarily_unavailable' || error.error === 'server_error'
      ? { kind: 'unavailable' }
      : { kind: 'refused', error: codeOf(error.error) };
  }
  if (error instanceof ResponseBodyError) return { kind: 'invalid', why: codeOf(error.error) };
  if (error instanceof OperationProcessingError) return { kind: 'invalid', why: error.code ?? 'unknown' };
  return { kind: 'invalid', why: error instanceof Error ? error.name : 'unknown' };
}
