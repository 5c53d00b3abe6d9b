/** Tokens that are signed and then encrypted to this Worker (RFC 7519 §5.2, §11.2). */
export interface TokenEncryption {
  /** Binding names of private keys, at most two. */
  readonly keys: readonly string[];
  /** Whether a token that is signed alone is refused. */
  readonly required: boolean;
}

/** The issuers of many tenants, which differ in one path segment: `before`, the tenant, `after`. */
export interface IssuerTemplate {
  readonly before: string;
  readonly after: string;
  /** The claim that must say the same as the segment. */
  readonly claim: string;
  readonly allowed: 'guid' | ReadonlySet<string>;
}

/** A public key or certificate in textual encoding (RFC 7468 §5, §13); `base64` without line breaks. */
export interface PemBlock {
  readonly label: 'PUBLIC KEY' | 'CERTIFICATE';
  readonly base64: string;
}

/** How a secret's text stands for its bytes. */
export type SecretEncoding = 'utf8' | 'base64' | 'base64url' | 'hex';

export interface KeyPins {
  /** undefined: any. */
  readonly allowedKids: ReadonlySet<string> | undefined;
  /** RFC 7638 SHA-256 thumbprints, base64url; undefined: any. */
  readonly allowedThumbprints: ReadonlySet<string> | undefined;
  readonly blockedKids: ReadonlySet<string>;
}
