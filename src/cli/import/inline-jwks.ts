import type { TomlTable } from './model.ts';
import { SourceFault } from './source-node.ts';

/** Members of a key that say something about a public key; a private one has others, and is never repeated. */
const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use', 'x5t', 'x5t#S256'];

/** A JWKS in the file, as `jwks`. Throws `SourceFault`, without what stands there. */
export function jwksIn(text: string, line: number): TomlTable {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SourceFault(line, 'a JWKS that is no JSON');
  }
  const keys = typeof read === 'object' && read !== null && 'keys' in read ? read.keys : undefined;
  if (!Array.isArray(keys) || keys.some((key) => typeof key !== 'object' || key === null)) {
    throw new SourceFault(line, 'a JWKS without a list of keys');
  }
  if (keys.some((key) => 'd' in key || 'k' in key || key.kty === 'oct')) {
    throw new SourceFault(line, 'a JWKS with a private key or a shared secret: it does not belong in a file');
  }
  const kept = keys.map((key) =>
    Object.fromEntries(
      PUBLIC_MEMBERS.filter((member) => typeof key[member] === 'string').map((member) => [
        member,
        String(key[member]),
      ]),
    ),
  );
  return { jwks: { keys: kept } };
}
