/** The one part of Node's API that the Workers use: a hash without a promise around it. */
interface NodeHash {
  update(text: string, encoding: 'utf8'): NodeHash;
  digest(encoding: 'hex'): string;
}
declare const process: {
  getBuiltinModule(name: 'node:crypto'): { createHash(algorithm: 'sha256'): NodeHash };
};
