import type { JsonObject } from '../../core/jose.ts';
import type { NumericDate } from '../../core/time.ts';
import { type Issuer, issueAccessToken } from '../access-token/issue.ts';
import type { ServicePolicy } from '../policy.ts';
import { type GrantAnswer, type GrantRecord, refused, type TokenAsk } from './record.ts';
import { scopeFor } from './scope.ts';

/** An access token of the grant for what is asked, or what is wrong with asking. Changes nothing, and gives no refresh token. */
export async function issueForGrant(
  { id, facts }: Pick<GrantRecord, 'id' | 'facts'>,
  ask: TokenAsk,
  issuer: Issuer & { readonly policy: ServicePolicy },
  now: NumericDate,
): Promise<GrantAnswer> {
  const audience = ask.resource ?? facts.resources[0];
  const resource = audience === undefined ? undefined : issuer.policy.resources.get(audience);
  if (resource === undefined || !facts.resources.includes(resource.audience)) {
    return refused('invalid_target');
  }
  const scope = scopeFor(ask.scope ?? undefined, facts.scope, resource);
  if (!scope.ok) return refused(scope.error);
  const login: JsonObject = JSON.parse(facts.login);
  const { subject, clientId, authTime } = facts;
  const about = {
    subject,
    clientId,
    scope: scope.value,
    sid: id,
    authTime,
    acr: facts.acr ?? undefined,
    amr: facts.amr ?? undefined,
    actor: undefined,
    login,
  };
  const issued = await issueAccessToken(about, resource, issuer, now);
  if (!issued.ok) return refused(issued.error);
  const { token: accessToken, expiresInSeconds } = issued.value;
  return { granted: true, accessToken, expiresInSeconds, scope: scope.value, refreshToken: null };
}
