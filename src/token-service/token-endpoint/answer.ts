import { err, type Result } from '../../core/result.ts';
import { RATE_EXCEEDED, UNAVAILABLE } from '../../http/fault.ts';
import { json, oauthError, problemAnswer } from '../../http/problem.ts';
import type { ClientRequest } from '../client-request.ts';
import type { GrantAnswer, GrantRefusal } from '../grants/record.ts';
import { parseScope } from '../grants/scope.ts';
import type { Resource, ServicePolicy } from '../policy.ts';
import type { Exchange } from '../ports.ts';

/** RFC 6749 §5.2, RFC 8707 §2. */
export type TokenError =
  | 'invalid_request'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target';

export interface TokenBody {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly scope: string;
  readonly refresh_token?: string;
  readonly issued_token_type?: string;
}

/** `unavailable`: a part did not answer. `too_large`: the configuration does not fit what the login brings. */
export type TokenFault =
  | { readonly code: TokenError; readonly detail: string }
  | { readonly code: 'unavailable' }
  | { readonly code: 'rate_exceeded' }
  | { readonly code: 'too_large' };

export type TokenResult = Result<TokenBody, TokenFault>;

/** One grant type: what it makes of a client's request. */
export type GrantHandler = (asked: ClientRequest, exchange: Exchange) => Promise<TokenResult>;

export const fault = (code: TokenError, detail: string): { ok: false; error: TokenFault } =>
  err({ code, detail });

const DETAILS: { readonly [refusal in Exclude<GrantRefusal, 'unavailable' | 'too_large'>]: string } = {
  invalid_grant: 'The grant is not valid, has ended, or was given to another client.',
  invalid_scope: 'The scope is not what was granted.',
  invalid_target: 'There is no such resource for this client.',
};

export const refusal = (error: GrantRefusal): { ok: false; error: TokenFault } =>
  error === 'unavailable' || error === 'too_large' ? err({ code: error }) : fault(error, DETAILS[error]);

/** RFC 6749 §5.1. `scope` is always told: it may be less than what was asked for. */
export function answerOf(answer: GrantAnswer): TokenResult {
  if (!answer.granted) return refusal(answer.error);
  const { accessToken, expiresInSeconds, scope, refreshToken } = answer;
  const body = {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    scope: scope.join(' '),
  } as const;
  return { ok: true, value: refreshToken === null ? body : { ...body, refresh_token: refreshToken } };
}

export function respond(result: TokenResult, { ports }: Exchange): Response {
  if (result.ok) return json(200, result.value);
  const { error } = result;
  if (error.code === 'unavailable')
    return problemAnswer({ ...UNAVAILABLE, detail: 'Send the request again.' });
  if (error.code === 'rate_exceeded') return problemAnswer(RATE_EXCEEDED);
  if (error.code === 'too_large') {
    ports.emit({ event: 'access_token_too_large', level: 'error' });
    return problemAnswer({ status: 500, detail: 'The token would be larger than configured.' });
  }
  return oauthError(error.code, { status: 400, detail: error.detail });
}

/** `scope` as asked for; undefined where it is not asked for. */
export function askedScope(
  parameters: ReadonlyMap<string, string>,
): Result<readonly string[] | undefined, TokenFault> {
  const text = parameters.get('scope');
  if (text === undefined) return { ok: true, value: undefined };
  const scope = parseScope(text);
  return scope === undefined
    ? fault('invalid_scope', 'The scope is not a list of scope tokens.')
    : { ok: true, value: scope };
}

/** The resource asked for (RFC 8707 §2), else the first that is allowed. One token is for one resource. */
export function askedResource(
  parameters: ReadonlyMap<string, string>,
  allowed: readonly string[],
  { resources }: Pick<ServicePolicy, 'resources'>,
): Result<Resource, TokenFault> {
  const audience = parameters.get('resource') ?? allowed[0];
  const resource = audience === undefined ? undefined : resources.get(audience);
  return resource !== undefined && allowed.includes(resource.audience)
    ? { ok: true, value: resource }
    : refusal('invalid_target');
}
