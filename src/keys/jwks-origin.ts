import { withTimer } from '../core/deadline.ts';
import type { JsonObject } from '../core/jose.ts';
import type { KeyProvider, KeyProviderSource } from '../core/policy.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { NumericDate } from '../core/time.ts';
import { type DiscoveryFault, jwksUriOf, metadataUrl } from './discovery.ts';
import { type Failure, type FetchFault, fetchDocument } from './fetch-document.ts';
import { type Dated, type Lifetime, lifetimeOf, stateAt } from './freshness.ts';
import { type JwksDocument, type JwksFault, readJwks } from './jwks.ts';
import type { FetchDocument } from './port.ts';
import { shownUrl } from './shown-url.ts';

export type RemoteKeysPolicy = Extract<KeyProviderSource, { from: 'remote' }>;
export type OriginFault = FetchFault | DiscoveryFault | JwksFault;

/** A set as its issuer gave it; `jwks` undefined: the one with this validator still stands (304). */
export interface OriginJwks {
  readonly jwks: JwksDocument | undefined;
  readonly jwksUri: string;
  readonly etag: string | undefined;
  readonly freshSeconds: number | undefined;
  readonly asOf: NumericDate;
}

/** What is held already, for a conditional request to the same URI. */
export interface Validator {
  readonly jwksUri: string;
  readonly etag: string | undefined;
}

/** What a metadata document said, and when. */
export interface Metadata extends Validator, Dated {}

/** How one load is to ask. */
export interface Asking {
  /** When the load began. */
  readonly now: NumericDate;
  readonly signal: AbortSignal;
  readonly pastCaches: boolean;
}

/** Of the time that is left, when there is a URI to fall back on: metadata that hangs must not starve the keys. */
const METADATA_SHARE = 0.5;

/** What the metadata says in the place of what was looked for, in bounded ASCII: mostly it is a slash more or less. */
function saidOf({ issuer, jwks_uri: uri }: JsonObject, why: DiscoveryFault): string {
  const value = why === 'metadata_issuer_mismatch' ? issuer : uri;
  if (typeof value !== 'string') return 'nothing';
  const text = shownUrl(value.replace(/[^ -~]/g, '_')).replace(/\/\/[^/]*@/, '//');
  return JSON.stringify(text.slice(0, MAX_SAID));
}

const MAX_SAID = 128;

/** An issuer's endpoints: the metadata document if there is one to find, then the JWK Set it names. */
export class JwksOrigin {
  readonly #provider: KeyProvider;
  readonly #policy: RemoteKeysPolicy;
  readonly #fetch: FetchDocument;
  readonly #jitter: () => number;
  #metadata: (Metadata & { readonly lifetime: Lifetime }) | undefined;
  /** The URI gave no set, as if it had moved: the next load reads the metadata again. */
  #moved = false;

  constructor(provider: KeyProvider, policy: RemoteKeysPolicy, fetch: FetchDocument, jitter: () => number) {
    this.#provider = provider;
    this.#policy = policy;
    this.#fetch = fetch;
    this.#jitter = jitter;
  }

  get metadata(): Metadata | undefined {
    return this.#metadata;
  }

  /** Takes over what another isolate discovered, if it is newer; the URI is checked again. */
  learn(metadata: Metadata): void {
    const { issuer } = this.#provider;
    if (this.#policy.jwksUri !== undefined || metadata.confirmedAt <= (this.#metadata?.confirmedAt ?? 0))
      return;
    if (jwksUriOf({ issuer, jwks_uri: metadata.jwksUri }, issuer, this.#policy.httpHosts).ok)
      this.#keep(metadata);
  }

  /** Unless what is held is newer, be it that this one came late or out of a cache. */
  #keep(metadata: Metadata): void {
    if (this.#metadata !== undefined && metadata.asOf < this.#metadata.asOf) return;
    this.#metadata = { ...metadata, lifetime: lifetimeOf(metadata, this.#policy.cache, this.#jitter()) };
    this.#moved = false;
  }

  /** At most two documents, all within `signal`. */
  async load(held: Validator | undefined, asking: Asking): Promise<Result<OriginJwks, Failure<OriginFault>>> {
    const jwksUri = await this.#resolve(asking);
    if (!jwksUri.ok) return jwksUri;
    const jwks = await this.#readJwks(jwksUri.value, held, asking);
    this.#moved = !jwks.ok;
    return jwks;
  }

  async #readJwks(
    jwksUri: string,
    held: Validator | undefined,
    asking: Asking,
  ): Promise<Result<OriginJwks, Failure<OriginFault>>> {
    const accept = 'application/jwk-set+json, application/json';
    const fetched = await this.#get(jwksUri, accept, held, asking);
    if (!fetched.ok) return fetched;
    const { etag, freshSeconds, ageSeconds } = fetched.value;
    const loaded = { jwksUri, etag, freshSeconds, asOf: asking.now - ageSeconds };
    if (!fetched.value.modified) return ok({ ...loaded, jwks: undefined });
    const jwks = await readJwks(fetched.value.document, this.#policy.cache.maxKeys);
    return jwks.ok
      ? ok({ ...loaded, jwks: jwks.value })
      : err({ why: jwks.error, detail: shownUrl(jwksUri) });
  }

  /** The configured URI, or the discovered one: fetched when it is not fresh, kept while it is usable. */
  async #resolve(asking: Asking): Promise<Result<string, Failure<OriginFault>>> {
    const { jwksUri, discovery, cache } = this.#policy;
    if (jwksUri !== undefined) return ok(jwksUri);
    const held = this.#metadata;
    const state = held && stateAt(held.lifetime, asking.now);
    if (held !== undefined && !this.#moved && state === 'fresh') return ok(held.jwksUri);
    const url = metadataUrl(this.#provider.issuer, discovery);
    if (url === undefined) return err({ why: 'issuer_not_a_url', detail: discovery });
    const pastCaches = asking.pastCaches || this.#moved;
    const usable = held !== undefined && state !== 'expired';
    const read = await (usable
      ? withTimer(cache.timeoutMs * METADATA_SHARE, (share) =>
          this.#readMetadata(url, { ...asking, pastCaches, signal: AbortSignal.any([asking.signal, share]) }),
        )
      : this.#readMetadata(url, { ...asking, pastCaches }));
    if (read.ok) {
      this.#keep(read.value);
      return ok(this.#metadata?.jwksUri ?? read.value.jwksUri);
    }
    return usable ? ok(held.jwksUri) : read;
  }

  async #readMetadata(url: string, asking: Asking): Promise<Result<Metadata, Failure<OriginFault>>> {
    const held = this.#metadata;
    const validator = held && { jwksUri: url, etag: held.etag };
    const fetched = await this.#get(url, 'application/json', validator, asking);
    if (!fetched.ok) return err({ ...fetched.error, detail: `metadata: ${fetched.error.detail}` });
    const { etag, freshSeconds, ageSeconds, modified } = fetched.value;
    const dated = { etag, confirmedAt: asking.now, asOf: asking.now - ageSeconds };
    if (!modified) {
      return held === undefined
        ? err({ why: 'not_modified_unasked', detail: 'metadata' })
        : ok({ ...dated, jwksUri: held.jwksUri, freshSeconds: freshSeconds ?? held.freshSeconds });
    }
    const jwksUri = jwksUriOf(fetched.value.document, this.#provider.issuer, this.#policy.httpHosts);
    return jwksUri.ok
      ? ok({ ...dated, jwksUri: jwksUri.value, freshSeconds })
      : err({ why: jwksUri.error, detail: `${url} says ${saidOf(fetched.value.document, jwksUri.error)}` });
  }

  /** Where the answer is of another representation than the one held, the document itself is asked for. */
  async #get(url: string, accept: string, held: Validator | undefined, { signal, pastCaches }: Asking) {
    const { maxBytes } = this.#policy.cache;
    const request = { fetch: this.#fetch, signal, maxBytes, accept, pastCaches };
    const etag = held?.jwksUri === url ? held.etag : undefined;
    const fetched = await fetchDocument(url, { ...request, etag });
    return !fetched.ok && fetched.error.why === 'not_modified_mismatch'
      ? fetchDocument(url, { ...request, etag: undefined })
      : fetched;
  }
}
