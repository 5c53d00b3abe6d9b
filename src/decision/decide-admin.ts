import type { RequestContext } from '../core/context.ts';
import type { Access } from '../core/policy.ts';
import { type RequestTarget, receive } from '../core/received-request.ts';
import type { Rejection } from '../core/rejection.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { AdminParty } from './admin-access.ts';
import { type DecisionPorts, decide } from './decide.ts';

/** Who called, as far as the token says, and whether they may. */
export interface AdminDecision<Admin extends AdminParty> {
  /** `admin:<table>:<subject>`, on one bounded line; undefined: no genuine token said. */
  readonly by: string | undefined;
  readonly admin: Result<Admin, Rejection>;
}

/**
 * Whether a request may use an admin API, decided as by the gateway: a token of a configured admin issuer, meant for this
 * Worker (audience), not revoked, with the scope that `access` asks for. The request's URL must be one that can be parsed.
 */
export async function decideAdmin<Admin extends AdminParty>(
  request: Request,
  { access, admins }: { readonly access: Access; readonly admins: readonly Admin[] },
  ports: Omit<DecisionPorts, 'maxTokenBytes'>,
  context: RequestContext,
): Promise<AdminDecision<Admin>> {
  const asked = { received: receive(request), target: targetOf(request) };
  const decision = await decide(access, asked, { ...ports, maxTokenBytes: MAX_TOKEN_BYTES }, context);
  const { token } = decision.findings;
  const admin = admins.find(({ profile }) => profile.issuer === token?.profile.issuer);
  const by =
    token !== undefined && admin !== undefined
      ? callerName(admin.name, token.claims.sub ?? token.claims.client_id)
      : undefined;
  if (!decision.allowed) return { by, admin: err(decision.rejection) };
  return {
    by,
    admin: admin === undefined ? err({ reason: 'issuer_untrusted', evidence: 'iss' }) : ok(admin),
  };
}

function targetOf({ url }: Request): RequestTarget {
  const { protocol, host: authority, hostname: host, pathname: path, search } = new URL(url);
  return { scheme: protocol === 'https:' ? 'https' : 'http', authority, host, path, search };
}

/** What the gateway takes by default; an admin token is no larger. */
const MAX_TOKEN_BYTES = 8 * 1024;

/** Longest caller name kept with an entry, in UTF-16 code units. */
const MAX_CALLER_LENGTH = 256;

const callerName = (admin: string, subject: unknown): string =>
  (typeof subject === 'string' ? `admin:${admin}:${subject}` : `admin:${admin}`)
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_CALLER_LENGTH);
