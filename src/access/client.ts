import type { VerifiedToken } from '../core/verified-token.ts';

/** Whether a token was issued to one of these clients: by `client_id` (RFC 9068 §2.2), else by `azp` (OpenID Connect Core 1.0 §2). */
export function isOfClient({ claims }: VerifiedToken, clients: readonly string[]): boolean {
  const client = Object.hasOwn(claims, 'client_id')
    ? claims.client_id
    : Object.hasOwn(claims, 'azp')
      ? claims.azp
      : undefined;
  return typeof client === 'string' && clients.includes(client);
}
