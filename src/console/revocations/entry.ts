import { REVOCATION_KINDS, type RevocationKind } from '../../core/revocation.ts';

/** Who revoked, when and why. */
export interface Said {
  readonly revoked_at: number;
  readonly revoked_by: string;
  readonly intake: string;
  readonly reason: string;
}

/** An entry of `GET /v1/revocations`; what is revoked stands in the member of its kind. */
export type Entry = Said & { readonly [kind in RevocationKind]?: string } & {
  readonly issuer: string;
  readonly issued_before?: number;
  readonly expires_at: number;
  /** Who revoked it before, the oldest first. */
  readonly history?: readonly Said[];
};

/** What is revoked, by kind, as the API takes it. */
export interface Target {
  readonly issuer: string;
  readonly kind: RevocationKind;
  readonly value: string;
}

/** What people call a kind, and what an entry of it hits. */
export const KINDS: { readonly [kind in RevocationKind]: { readonly name: string; readonly hits: string } } =
  {
    jti: { name: 'Token', hits: 'the one token with this identifier (jti)' },
    sub: { name: 'Subject', hits: 'every token of this subject (sub) that was issued until then' },
    sid: { name: 'Session', hits: 'every token of this session (sid), those issued later too' },
    client_id: {
      name: 'Client',
      hits: 'every token of this client, of all its users, that was issued until then',
    },
    tenant: {
      name: 'Tenant',
      hits: 'every token of this tenant, of all its users, that was issued until then',
    },
    kid: { name: 'Key', hits: 'every token that is signed with this key (kid), those issued later too' },
    iss: { name: 'Issuer', hits: 'every token of the issuer that was issued until then, its admins’ too' },
  };

/** A whole issuer is not revoked by a slip of the mouse: that is the command line's. */
export const OFFERED = REVOCATION_KINDS.filter((kind) => kind !== 'iss');

export function targetOf(entry: Entry): Target {
  const kind = REVOCATION_KINDS.find((each) => entry[each] !== undefined) ?? 'jti';
  return { issuer: entry.issuer, kind, value: entry[kind] ?? '' };
}

export const targetBody = ({ issuer, kind, value }: Target): Readonly<Record<string, string>> => ({
  issuer,
  [kind]: value,
});
