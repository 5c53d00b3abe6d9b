import { REVOCATION_KINDS, type RevocationKind } from './revocation.ts';

/**
 * Every name the deny-list uses in Redis, and the row keys of the Durable Object. The public contract is
 * `docs/redis-schema.md`: any service may write these names, so they change only with the version in the prefix.
 */
export const REDIS_PREFIX = 'portcullis:v1:';

/** Names the store's life: set once, gone after a flush or a failover to an empty Redis. */
export const EPOCH_KEY = `${REDIS_PREFIX}epoch`;
/** How far the store has come, and what its writer assumes: `<position>[ <assumptions as JSON>]`. */
export const STATE_KEY = `${REDIS_PREFIX}state`;
/** The keys of all revocations, without the prefix, in their own order: a sorted set in which every score is 0. */
export const INDEX_KEY = `${REDIS_PREFIX}index`;
/** The change up to which keys written by others have been put into the index. */
export const INDEX_POSITION_KEY = `${INDEX_KEY}:position`;
/** The Stream of changes that replicas follow. */
export const CHANGES_KEY = `${REDIS_PREFIX}changes`;
/** Which snapshot is current, and the change it was taken at. */
export const MANIFEST_KEY = `${REDIS_PREFIX}snapshot`;

/** Held while a snapshot is being made. */
export const SNAPSHOT_LOCK_KEY = `${MANIFEST_KEY}:lock`;

export const snapshotChunkKey = (generation: string, index: number): string =>
  `${MANIFEST_KEY}:${generation}:${index}`;

/** Where `claimOnce` remembers an identifier. */
export const claimKey = (id: string): string => `${REDIS_PREFIX}claim:${encodePart(id)}`;

/** Longest encoded part kept readable; a longer one is named by its hash. Bytes. */
const MAX_PART_LENGTH = 200;
const HASH_PREFIX = 'sha256=';
const ILL_FORMED_PREFIX = 'sha256-encoded=';

/**
 * `<kind>:<issuer>:<value>`, both parts percent-encoded as RFC 3986 §2.1 with only the unreserved characters
 * (§2.3) left bare, so a colon always separates. A part over 200 bytes becomes `sha256=<hex>` of its UTF-8
 * bytes; `=` never occurs in an encoded part, so no value can pose as a hash.
 */
export const revocationKey = (kind: RevocationKind, issuer: string, value: string): string =>
  `${STORED_KINDS[kind]}:${encodePart(issuer)}:${encodePart(value)}`;

/** What the keys of a kind and an issuer begin with. */
export const revocationPrefix = (kind: RevocationKind, issuer: string): string =>
  `${STORED_KINDS[kind]}:${encodePart(issuer)}:`;

/** How a kind is called in a key. */
export const STORED_KINDS: { readonly [kind in RevocationKind]: string } = {
  jti: 'jti',
  sub: 'sub',
  sid: 'sid',
  client_id: 'client',
  tenant: 'tenant',
  kid: 'kid',
  iss: 'iss',
};

export interface KeyParts {
  readonly kind: RevocationKind;
  /** As in the key: percent-encoded, or a hash. */
  readonly encoded: { readonly issuer: string; readonly value: string };
  /** undefined: only its hash is in the key. */
  readonly issuer: string | undefined;
  readonly value: string | undefined;
}

/** The reverse of `revocationKey`; undefined for a name that it cannot have made. */
export function parseRevocationKey(key: string): KeyParts | undefined {
  const [kind, issuer, value, ...rest] = key.split(':');
  const known = REVOCATION_KINDS.find((each) => STORED_KINDS[each] === kind);
  if (known === undefined || !issuer || !value || rest.length > 0) return undefined;
  return {
    kind: known,
    encoded: { issuer, value },
    issuer: decodePart(issuer),
    value: decodePart(value),
  };
}

/** Whether a key holds only the hash of such a name. */
export const isHashed = (part: string): boolean => encodePart(part).includes('=');

/** `encodeURIComponent` leaves these bare; RFC 3986 counts them as reserved, and so do other languages. */
const RESERVED = /[!'()*]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;

function encodePart(part: string): string {
  const encoded = part.isWellFormed() ? percentEncode(part) : encodeIllFormed(part);
  return encoded.length <= MAX_PART_LENGTH ? encoded : hashed(part, encoded);
}

const percentEncode = (text: string): string => encodeURIComponent(text).replace(RESERVED, hexOf);

const hexOf = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

/** JSON can carry a lone surrogate, UTF-8 cannot: its three bytes are written as if it could, so names stay apart. */
function encodeIllFormed(text: string): string {
  let encoded = '';
  let end = 0;
  for (const { 0: surrogate, index } of text.matchAll(LONE_SURROGATE)) {
    const unit = surrogate.charCodeAt(0);
    const bytes = [0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)];
    encoded += percentEncode(text.slice(end, index));
    encoded += bytes.map((byte) => `%${byte.toString(16).toUpperCase()}`).join('');
    end = index + 1;
  }
  return encoded + percentEncode(text.slice(end));
}

/** Loaded for the first part that is so long: as an import it takes a third of the Worker's start-up. */
const nodeCrypto = () => process.getBuiltinModule('node:crypto');

/** An ill-formed part has no UTF-8 bytes to hash, so its encoded form is hashed, under a name of its own. */
function hashed(part: string, encoded: string): string {
  const [name, input] = part.isWellFormed() ? [HASH_PREFIX, part] : [ILL_FORMED_PREFIX, encoded];
  return name + nodeCrypto().createHash('sha256').update(input, 'utf8').digest('hex');
}

function decodePart(part: string): string | undefined {
  if (part.includes('=')) return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
