import type { NumericDate } from './time.ts';

/** Kinds whose revocation is a watermark: it hits tokens by when they were issued. */
const WATERMARK_KINDS = ['sub', 'client_id', 'tenant', 'iss'] as const;
/** Kinds for which being named is the revocation. */
const PLAIN_KINDS = ['jti', 'sid', 'kid'] as const;

export type WatermarkKind = (typeof WATERMARK_KINDS)[number];
export type RevocationKind = WatermarkKind | (typeof PLAIN_KINDS)[number];

/** In the order the documentation lists them. */
export const REVOCATION_KINDS: readonly RevocationKind[] = [
  'jti',
  'sub',
  'sid',
  'client_id',
  'tenant',
  'kid',
  'iss',
];

/** Whoever holds a leaked private key can sign with any `iat`, so no token lifetime bounds it: a year, or as asked. */
export const KEY_REVOCATION_SECONDS = 365 * 24 * 3600;

const watermarks: ReadonlySet<RevocationKind> = new Set(WATERMARK_KINDS);

export const isWatermark = (kind: RevocationKind): kind is WatermarkKind => watermarks.has(kind);

/** What an entry of the deny-list is found by; always within one issuer. Of `iss`, the whole issuer, the value is the issuer again. */
export interface RevocationTarget {
  readonly kind: RevocationKind;
  readonly issuer: string;
  readonly value: string;
}

/**
 * What a revocation names. A token is revoked when any predicate hits it. `issuedBefore` is a watermark: tokens with
 * `iat` at or before it are refused (and tokens without `iat`).
 */
export type RevocationPredicate = Omit<RevocationTarget, 'kind'> &
  (
    | { readonly kind: WatermarkKind; readonly issuedBefore: NumericDate }
    | { readonly kind: Exclude<RevocationKind, WatermarkKind> }
  );

/** The predicate for a target; the date is that of a watermark, and means nothing to the other kinds. */
export const predicateFor = (
  { kind, issuer, value }: RevocationTarget,
  issuedBefore: NumericDate,
): RevocationPredicate =>
  isWatermark(kind) ? { kind, issuer, value, issuedBefore } : { kind, issuer, value };

/** Three states: `unknown` is never read as `active`. */
export type RevocationStatus =
  | { readonly state: 'active' }
  | { readonly state: 'revoked'; readonly by: RevocationKind }
  | { readonly state: 'unknown'; readonly cause: string };
