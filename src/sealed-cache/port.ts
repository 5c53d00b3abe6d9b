/**
 * What the isolates of one place share, sealed: an entry that is read was written by this deployment, under that
 * name. An old one can be put back by whoever reaches the cache beneath, and any can be lost, so the reader judges
 * age by what the entry itself says.
 */
export interface SealedCache {
  /** undefined: there is none. Rejects when the cache beneath does. */
  read(name: string): Promise<Uint8Array | 'not_authentic' | undefined>;
  /** Rejects when the cache beneath does. */
  write(name: string, content: Uint8Array, ttlSeconds: number): Promise<void>;
}

/** The cache beneath. Holds bytes under a name, may forget at any time, and is not trusted. */
export interface SharedStore {
  read(name: string): Promise<Uint8Array | undefined>;
  write(name: string, bytes: Uint8Array, ttlSeconds: number): Promise<void>;
}
