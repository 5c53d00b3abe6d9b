/** The one part of Node's API that the Workers use (`nodejs_compat`): a hash without a promise around it. */
declare module 'node:crypto' {
  interface Hash {
    update(text: string, encoding: 'utf8'): Hash;
    digest(encoding: 'hex'): string;
  }
  export function createHash(algorithm: 'sha256'): Hash;
}
