import { err, ok, type Result } from '../../core/result.ts';
import { uniqueParameters } from '../../http/body.ts';
import { neededClaims } from '../access-token/claims.ts';
import { digestOf } from '../digest.ts';
import type { GrantFacts } from '../grants/record.ts';
import type { Exchange } from '../ports.ts';
import type { LoginFault } from '../upstream/login.ts';
import { subjectOf } from '../upstream/subject.ts';
import { cookieOf } from './cookies.ts';
import { callbackPath } from './start.ts';
import { isState, type LoginPurpose, type Transaction } from './transaction.ts';
import { transactionCookieName } from './transaction-cookie.ts';

/** Who has logged in: what a grant says of that. */
export type LoginFacts = Pick<GrantFacts, 'subject' | 'authTime' | 'acr' | 'amr' | 'upstream' | 'login'>;

/** More than any provider's answer; a code may be a token of some length. */
const MAX_QUERY = 8_192;

/**
 * The login that this browser has under way, by the `state` that came back and the cookie it was given. Undefined for what
 * is no answer of a provider as well, which so ends no login: one code or one error, and nothing twice.
 */
export async function findTransaction<Kind extends LoginPurpose['kind']>(
  kind: Kind,
  upstream: string,
  { request, ports, context }: Exchange,
): Promise<(Transaction & { readonly purpose: LoginPurpose & { readonly kind: Kind } }) | undefined> {
  const { search, searchParams } = new URL(request.url);
  const answer = search.length > MAX_QUERY ? undefined : uniqueParameters(searchParams);
  if (answer === undefined || !answer.ok) return undefined;
  // RFC 6749 §4.1.2, §4.1.2.1: one of them, and not both.
  const ends = ['code', 'error'].filter((name) => (answer.value.get(name) ?? '') !== '');
  const state = answer.value.get('state') ?? '';
  if (ends.length !== 1 || !isState(state)) return undefined;
  const sealed = cookieOf(request, transactionCookieName(state));
  const found = sealed === undefined ? undefined : await ports.transactions.open(sealed, state, context.now);
  if (found === undefined || found.upstream !== upstream || !isFor(found, kind)) return undefined;
  return found;
}

const isFor = <Kind extends LoginPurpose['kind']>(
  transaction: Transaction,
  kind: Kind,
): transaction is Transaction & { readonly purpose: LoginPurpose & { readonly kind: Kind } } =>
  transaction.purpose.kind === kind;

/** Has the provider redeem what the browser brought, and says who that is here. */
export async function finishLogin(
  { upstream: name, secrets, maxAge, purpose }: Transaction,
  { request, ports, context }: Exchange,
): Promise<Result<LoginFacts, LoginFault | { readonly kind: 'rate' }>> {
  const { policy } = ports;
  const upstream = policy.upstreams.get(name);
  if (upstream === undefined) return err({ kind: 'invalid', why: 'upstream' });
  const origin = purpose.kind === 'session' ? policy.session?.origin : policy.issuer;
  const answer = {
    parameters: new URL(request.url).searchParams,
    redirectUri: `${origin}${callbackPath(purpose.kind, name)}`,
    secrets,
    maxAge: maxAge ?? undefined,
  };
  const completed = await ports.login.complete(upstream, answer, context);
  const user = completed.ok ? completed.value : undefined;
  const subject = user && subjectOf(upstream, user.sub, policy.upstreams);
  if (!completed.ok || user === undefined || subject === undefined) {
    const fault: LoginFault = completed.ok ? { kind: 'invalid', why: 'sub' } : completed.error;
    const { kind } = fault;
    const why = kind === 'refused' ? fault.error : kind === 'invalid' ? fault.why : kind;
    ports.counting?.counters.login(name, kind);
    ports.emit({ event: 'login_failed', level: kind === 'refused' ? 'info' : 'warn', upstream: name, why });
    return err(fault);
  }
  const within = await ports.withinRate(`subject:${await digestOf(subject)}`, 'login');
  ports.counting?.counters.login(name, within ? 'completed' : 'rate');
  if (!within) return err({ kind: 'rate' });
  return ok({
    subject,
    authTime: Math.min(user.authTime ?? context.now, context.now),
    acr: user.acr,
    amr: user.amr,
    upstream: { name, issuer: upstream.issuer, sid: user.sid, issuedAt: user.issuedAt },
    login: JSON.stringify(neededClaims(user.claims, policy.resources.values())),
  });
}
