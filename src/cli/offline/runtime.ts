import { groupBy, isDisjointFrom, parseUrl } from './older-node.ts';

/**
 * What the Workers runtime has of ECMAScript's base64 and hex methods, for versions of Node that lack them (below 25):
 * the gateway's sources run offline there. As the specification has them, with its default handling of the last chunk.
 */
interface Base64Options {
  readonly alphabet?: 'base64' | 'base64url';
  readonly omitPadding?: boolean;
}

/** Throws `SyntaxError` for what is no base64 of the alphabet. */
export function fromBase64(
  text: string,
  { alphabet = 'base64' }: Base64Options = {},
): Uint8Array<ArrayBuffer> {
  const compact = text.replace(/[\t\n\f\r ]/g, '');
  const form = alphabet === 'base64' ? /^([\w+/]*)(={0,2})$/ : /^([\w-]*)(={0,2})$/;
  const [, bare = '', padding = ''] = form.exec(compact) ?? [];
  const isForeign = alphabet === 'base64' && bare.includes('_');
  const sound = padding === '' ? bare.length % 4 !== 1 : compact.length % 4 === 0;
  if ((bare === '' && compact !== '') || isForeign || !sound) throw new SyntaxError('no base64');
  const standard = alphabet === 'base64' ? bare : bare.replaceAll('-', '+').replaceAll('_', '/');
  return Uint8Array.from(atob(standard), (character) => character.charCodeAt(0));
}

export function toBase64(
  bytes: Uint8Array,
  { alphabet = 'base64', omitPadding = false }: Base64Options = {},
): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  const standard = btoa(binary);
  const spelt = alphabet === 'base64' ? standard : standard.replaceAll('+', '-').replaceAll('/', '_');
  return omitPadding ? spelt.replace(/=+$/, '') : spelt;
}

export const toHex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Gives this Node what the gateway's sources use of the runtime and it lacks; does nothing where it has them. */
export function completeRuntime(): void {
  const define = (target: object, name: string, value: unknown) => {
    if (!(name in target)) Object.defineProperty(target, name, { value, writable: true, configurable: true });
  };
  // No response is a WebSocket's here.
  define(Response.prototype, 'webSocket', null);
  define(globalThis, 'IdentityTransformStream', TransformStream);
  define(Map, 'groupBy', groupBy);
  define(Set.prototype, 'isDisjointFrom', function (this: Set<unknown>, other: ReadonlySet<unknown>) {
    return isDisjointFrom(this, other);
  });
  define(URL, 'parse', parseUrl);
  define(Uint8Array, 'fromBase64', fromBase64);
  define(Uint8Array.prototype, 'toBase64', function (this: Uint8Array, options?: Base64Options) {
    return toBase64(this, options);
  });
  define(Uint8Array.prototype, 'toHex', function (this: Uint8Array) {
    return toHex(this);
  });
}
