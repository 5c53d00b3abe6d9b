import type { RequestContext } from '../../core/context.ts';
import type { JsonObject } from '../../core/jose.ts';
import type { Result } from '../../core/result.ts';
import type { NumericDate } from '../../core/time.ts';
import type { Upstream } from '../policy.ts';

/** What must come back unchanged (RFC 6749 §10.12, RFC 7636, OpenID Connect Core 1.0 §3.1.2.1). */
export interface LoginSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** How the user is to be asked; passed on to the provider, which may heed it. `maxAge` is held to (§3.1.2.1). */
export interface LoginWishes {
  readonly prompt: string | undefined;
  readonly loginHint: string | undefined;
  readonly acrValues: string | undefined;
  readonly maxAge: number | undefined;
}

/** Somebody who has logged in, as the provider tells of them. */
export interface UpstreamUser {
  readonly sub: string;
  readonly sid: string | null;
  readonly issuedAt: NumericDate;
  readonly authTime: NumericDate | undefined;
  readonly acr: string | null;
  readonly amr: readonly string[] | null;
  /** Those of `Upstream.claims` that there are. */
  readonly claims: JsonObject;
}

/**
 * `unavailable`: nothing is known. `refused`: the provider says no, with its error code. `invalid`: an answer that is not to
 * be believed, or a request it does not take from us; for the log.
 */
export type LoginFault =
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'invalid'; readonly why: string };

/** Logs people in at OpenID providers: authorization code with PKCE and nonce. Built once per isolate. */
export interface UpstreamLogin {
  /** Where the browser goes. Undefined: the provider cannot be reached. */
  begin(
    upstream: Upstream,
    redirectUri: string,
    secrets: LoginSecrets,
    wishes: LoginWishes,
  ): Promise<string | undefined>;
  /** What came back to `redirectUri`. Each answer counts once, for the provider redeems its code once. */
  complete(
    upstream: Upstream,
    answer: LoginAnswer,
    context: RequestContext,
  ): Promise<Result<UpstreamUser, LoginFault>>;
}

export interface LoginAnswer {
  readonly parameters: URLSearchParams;
  readonly redirectUri: string;
  readonly secrets: LoginSecrets;
  readonly maxAge: number | undefined;
}
