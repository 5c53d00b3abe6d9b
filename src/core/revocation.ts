import type { NumericDate } from './time.ts';

/**
 * What a revocation names, always within one issuer (`iss` value). A token is revoked when any predicate hits it.
 * `issuedBefore` is a watermark: tokens with `iat` at or before it are refused (and tokens without `iat`).
 */
export type RevocationPredicate =
  | { readonly kind: 'jti'; readonly issuer: string; readonly value: string }
  | {
      readonly kind: 'sub';
      readonly issuer: string;
      readonly value: string;
      readonly issuedBefore: NumericDate;
    }
  | { readonly kind: 'sid'; readonly issuer: string; readonly value: string }
  | {
      readonly kind: 'client';
      readonly issuer: string;
      readonly value: string;
      readonly issuedBefore: NumericDate;
    }
  | {
      readonly kind: 'tenant';
      readonly issuer: string;
      readonly value: string;
      readonly issuedBefore: NumericDate;
    }
  | { readonly kind: 'kid'; readonly issuer: string; readonly value: string };

export type RevocationKind = RevocationPredicate['kind'];

/** Three states: `unknown` is never read as `active`. */
export type RevocationStatus =
  | { readonly state: 'active' }
  | { readonly state: 'revoked'; readonly by: RevocationKind }
  | { readonly state: 'unknown'; readonly cause: string };
