/** A secret that seals, and the name of its binding, which a sealed key carries as its version. */
export interface SealingSecret {
  readonly name: string;
  readonly secret: string;
}

/** A key at rest, base64url. */
export interface SealedKey {
  readonly by: string;
  readonly iv: string;
  readonly bytes: string;
}
