import { createPublicKey } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import type { JWK } from 'jose';
import type { Server } from '../processes.ts';

/** What a token must have in its `scope`. */
export const SCOPE = 'orders:read';

export interface ExternalContext {
  readonly originPort: number;
  /** Exactly one RSA key in it; that one is configured, as a file, and no other. */
  readonly jwks: { readonly keys: readonly JWK[] };
  /** false: the program's own bare pass-through, all other settings alike. */
  readonly verify: boolean;
}

/** A gateway outside workerd. */
export interface External {
  readonly name: string;
  /** Whether all it needs is on this machine. */
  installed(): boolean;
  /** Writes its configuration into `folder` and starts it there: one process, loopback, a free port, no log. */
  start(folder: string, context: ExternalContext): Promise<Server>;
}

/** The programs of the system are not on everyone's PATH. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

/** Path of a program, undefined when it is not there. */
export function programPath(...names: readonly string[]): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...SYSTEM_FOLDERS];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first of `folders` that has all `files`. */
export const folderWith = (folders: readonly string[], files: readonly string[]): string | undefined =>
  folders.find((folder) => files.every((file) => isReadable(join(folder, file))));

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

export function rsaKey(jwks: ExternalContext['jwks']): { readonly kid: string; readonly pem: string } {
  const [key, ...more] = jwks.keys.filter(({ kty }) => kty === 'RSA');
  if (key?.kid === undefined || more.length > 0) throw new Error('one RSA key with a kid is expected');
  const pem = createPublicKey({ key: { ...key }, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  return { kid: key.kid, pem: pem.toString() };
}

/** A port that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
