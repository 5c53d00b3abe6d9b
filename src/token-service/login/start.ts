import { err, ok, type Result } from '../../core/result.ts';
import { redirectAnswer } from '../page.ts';
import type { Exchange } from '../ports.ts';
import { type LoginPurpose, newLoginSecrets } from './transaction.ts';
import { startCookies } from './transaction-cookie.ts';
import type { LoginAsk } from './wishes.ts';

/** `unavailable`: the provider cannot be reached. `too_large`: what is to be remembered does not fit into a cookie. */
export type StartFault = 'unavailable' | 'too_large';

/** Where a provider sends the browser back to: each to an address of its own (RFC 9700 §4.4.2.2). */
export const callbackPath = (purpose: LoginPurpose['kind'], upstream: string): string =>
  purpose === 'session' ? `/session/callback/${upstream}` : `/authorize/callback/${upstream}`;

/** Sends the browser to the provider, with a cookie that binds what comes back to it (RFC 9700 §4.7). */
export async function startLogin(
  { upstream: name, wishes }: LoginAsk,
  purpose: LoginPurpose,
  { request, ports, context }: Exchange,
): Promise<Result<Response, StartFault>> {
  const { policy, login, transactions } = ports;
  const upstream = policy.upstreams.get(name);
  if (upstream === undefined) throw new TypeError('the provider has been chosen from those there are');
  const secrets = newLoginSecrets();
  const expiresAt = context.now + policy.loginSeconds;
  const maxAge = wishes.maxAge ?? null;
  const sealed = await transactions.seal({ upstream: name, secrets, maxAge, purpose, expiresAt });
  const cookies = startCookies(request, secrets.state, sealed, policy.loginSeconds);
  if (cookies === undefined) return err('too_large');
  const origin = purpose.kind === 'session' ? policy.session?.origin : policy.issuer;
  const redirectUri = `${origin}${callbackPath(purpose.kind, name)}`;
  const url = await login.begin(upstream, redirectUri, secrets, wishes);
  if (url !== undefined) return ok(redirectAnswer(url, cookies));
  ports.emit({ event: 'upstream_unavailable', level: 'warn', upstream: name });
  return err('unavailable');
}
