import type { Issuer } from '../core/policy.ts';

/** The control Worker's configuration, checked, compiled and frozen. Built once per isolate by `config.ts`. */
export interface ControlPolicy {
  /** Whose tokens may be revoked here, by `iss`. */
  readonly issuers: ReadonlyMap<string, Issuer>;
  /** By `iss`: the issuer with the audience of this Worker, not that of the gateway. */
  readonly admins: ReadonlyMap<string, Admin>;
  readonly clients: readonly RevocationClient[];
  readonly logoutReceivers: readonly LogoutReceiver[];
  readonly transmitters: readonly Transmitter[];
}

/** Who may call the admin API and Global Token Revocation. */
export interface Admin {
  readonly name: string;
  readonly issuer: Issuer;
  readonly readScope: string;
  readonly writeScope: string;
  /** By `iss`. */
  readonly mayRevoke: ReadonlyMap<string, Issuer>;
  readonly subjectFormats: ReadonlySet<SubjectFormat>;
}

/** A confidential client of the RFC 7009 endpoint (RFC 6749 §2.3.1). */
export interface RevocationClient {
  readonly name: string;
  readonly clientId: string;
  readonly secret: string;
  /** By `iss`: whose tokens it may hold. */
  readonly issuers: ReadonlyMap<string, Issuer>;
}

/** A relying party whose OpenID provider sends logout tokens here (Back-Channel Logout 1.0 §2.2). */
export interface LogoutReceiver {
  readonly name: string;
  /** Audience: the client identifiers. Types: those a logout token may carry. */
  readonly issuer: Issuer;
  /** `session`: by `sid` where the logout token has one. `subject`: access tokens carry no `sid`, so always by `sub`. */
  readonly revoke: 'session' | 'subject';
}

/** A Shared Signals transmitter that pushes SETs here (RFC 8935). */
export interface Transmitter {
  readonly name: string;
  /** Audience: this receiver's. Keys and algorithms: the SET issuer's. */
  readonly issuer: Issuer;
  /** By `iss`: whose subjects its events may name. */
  readonly mayRevoke: ReadonlyMap<string, Issuer>;
  /** The bearer credential it must present; undefined: the SET's signature alone authenticates it. */
  readonly authorization: string | undefined;
  readonly subjectFormats: ReadonlySet<SubjectFormat>;
}

/** Subject identifier formats (RFC 9493 §3.2) whose identifier can be agreed to be the tokens' `sub`. */
export const SUBJECT_FORMATS = ['opaque', 'email', 'account', 'phone_number', 'uri', 'did'] as const;
export type SubjectFormat = (typeof SUBJECT_FORMATS)[number];
