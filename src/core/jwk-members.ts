import type { JsonObject, JsonValue } from './jose.ts';

/** JWK members that only a private or symmetric key has (RFC 7518 §6.2.2, §6.3.2, §6.4.1; RFC 8037 §2; RFC 9964 `priv`). */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const;

/** A member that holds nothing is as good as absent: serialisers write `null`, `""` and `[]` for what is not there. */
export const isEmptyMember = (value: JsonValue | undefined): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** The secret members that hold something; where there is one, the key is no public one. */
export const secretMembersOf = (jwk: JsonObject): readonly string[] =>
  SECRET_MEMBERS.filter((member) => !isEmptyMember(jwk[member]));
