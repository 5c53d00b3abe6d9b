import type { Access, TokenProfile, TokenProfiles } from '../core/policy.ts';
import type { AdminParty } from '../decision/admin-access.ts';
import type { AlarmRule } from './alarms/rules.ts';
import type { Webhook } from './alarms/webhook.ts';
import type { CanaryPolicy } from './canary/config.ts';

/** The control Worker's configuration, checked, compiled and frozen. Built once per isolate by `config.ts`. */
export interface ControlPolicy {
  /** Whose tokens may be revoked here, by `iss`: the tokens that the gateway takes. */
  readonly issuers: ReadonlyMap<string, TokenProfile>;
  readonly admins: readonly Admin[];
  /** What it takes to read and to write through the admin API. */
  readonly adminAccess: { readonly [access in AdminAccess]: Access };
  readonly clients: readonly RevocationClient[];
  readonly logoutReceivers: readonly LogoutReceiver[];
  readonly logoutProfiles: TokenProfiles;
  readonly transmitters: readonly Transmitter[];
  readonly eventProfiles: TokenProfiles;
  /** Every rule there is. */
  readonly rules: readonly AlarmRule[];
  /** Who is told of alarms. */
  readonly webhooks: readonly Webhook[];
  /** undefined: how soon a revocation bites is not measured. */
  readonly canary: CanaryPolicy | undefined;
  /** undefined: there is nothing at `/console/`. */
  readonly console: ConsolePolicy | undefined;
}

/** How people come in through the console: at least one of the two ways. */
export interface ConsolePolicy {
  readonly login: ConsoleLogin | undefined;
  readonly pastedToken: boolean;
  /** An origin, or `service:BINDING`: who is asked about policy and requests; undefined: nobody. */
  readonly gateway: string | undefined;
  /** The same: who is asked about keys and logins. */
  readonly tokenService: string | undefined;
}

/** What a browser needs to log in as a public client (RFC 6749 §2.1, RFC 7636). All of it may be known to anybody. */
export interface ConsoleLogin {
  readonly issuer: string;
  /** Where its metadata is: OpenID Connect Discovery 1.0 §4, or RFC 8414 §3, whose server logs in without an ID token. */
  readonly discovery: 'openid' | 'oauth';
  readonly clientId: string;
  readonly scope: readonly string[];
  /** RFC 8707; undefined: not sent. */
  readonly resource: string | undefined;
  /** What some providers ask for instead; undefined: not sent. */
  readonly audience: string | undefined;
  /** Origins of the provider's endpoints, its issuer's among them. */
  readonly origins: readonly string[];
}

/** `adopt`: to say that a store which is in doubt is the one. `events`: to see requests, with their clients' addresses. */
export type AdminAccess = 'read' | 'write' | 'adopt' | 'events';

/** Who may call the admin API and Global Token Revocation. */
export interface Admin extends AdminParty {
  /** Apart from `readScope`: events are of the whole gateway, whatever `mayRevoke` names. */
  readonly eventsScope: string;
  /** By `iss`. */
  readonly mayRevoke: ReadonlyMap<string, TokenProfile>;
  /** The tokens that it may present themselves. */
  readonly presented: TokenProfiles;
  readonly subjectFormats: ReadonlySet<SubjectFormat>;
}

/** A confidential client of the RFC 7009 endpoint (RFC 6749 §2.3.1). */
export interface RevocationClient {
  readonly name: string;
  readonly clientId: string;
  readonly secret: string;
  /** The tokens that it may hold. */
  readonly presented: TokenProfiles;
}

/** A relying party whose OpenID provider sends logout tokens here (Back-Channel Logout 1.0 §2.2). */
export interface LogoutReceiver {
  readonly name: string;
  /** Audience: the client identifiers. */
  readonly profile: TokenProfile;
  /** `session`: by `sid` where the logout token has one. `subject`: access tokens carry no `sid`, so always by `sub`. */
  readonly revoke: 'session' | 'subject';
}

/** A Shared Signals transmitter that pushes SETs here (RFC 8935). */
export interface Transmitter {
  readonly name: string;
  /** Audience: this receiver's. */
  readonly profile: TokenProfile;
  /** By `iss`: whose subjects its events may name. */
  readonly mayRevoke: ReadonlyMap<string, TokenProfile>;
  /** The bearer credential it must present; undefined: the SET's signature alone authenticates it. */
  readonly authorization: string | undefined;
  readonly subjectFormats: ReadonlySet<SubjectFormat>;
}

/** Subject identifier formats (RFC 9493 §3.2) whose identifier can be agreed to be the tokens' `sub`. */
export const SUBJECT_FORMATS = ['opaque', 'email', 'account', 'phone_number', 'uri', 'did'] as const;
export type SubjectFormat = (typeof SUBJECT_FORMATS)[number];
