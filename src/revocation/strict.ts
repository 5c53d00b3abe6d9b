import type { RequestContext } from '../core/context.ts';
import type { RevocationPolicy } from '../core/policy.ts';
import type { RevocationStatus } from '../core/revocation.ts';
import { type Inquiry, statusOf } from './inquiry.ts';
import type { TokenLookups } from './predicates.ts';

/** How a mode finds a token's status. Answers at once when it need not ask. Never throws. */
export type StatusOf = (
  token: TokenLookups,
  policy: RevocationPolicy,
  context: RequestContext,
) => RevocationStatus | Promise<RevocationStatus>;

/** `strict`: one round trip on every request; the bound on staleness is the round trip itself. */
export const createStrict =
  (inquiry: Inquiry): StatusOf =>
  async (token, { timeoutMs }, context) => {
    const answer = await inquiry.ask(token.keys, timeoutMs, context);
    return answer.ok ? statusOf(token, answer.value) : { state: 'unknown', cause: answer.error };
  };
