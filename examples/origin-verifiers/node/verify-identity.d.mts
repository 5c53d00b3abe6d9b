export interface IdentityClaims {
  readonly iss: string;
  readonly aud: string;
  readonly sub?: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly hdr: readonly string[];
  readonly identity?: Readonly<Record<string, string>>;
}

export function verifyIdentity(
  token: string,
  request: {
    readonly method: string;
    readonly target: string;
    readonly header: (name: string) => string | undefined;
  },
  expected: {
    readonly jwks: { readonly keys: readonly object[] };
    readonly issuer: string;
    readonly audience: string;
    readonly now?: number;
  },
): IdentityClaims;
