import type { KeyProvider, KeyProviderSource } from '../core/policy.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { NumericDate } from '../core/time.ts';
import { type DiscoveryFault, jwksUriOf, metadataUrl } from './discovery.ts';
import { type Failure, type FetchFault, fetchDocument } from './fetch-document.ts';
import { type Lifetime, lifetimeOf, stateAt } from './freshness.ts';
import { type JwksFault, type ReadJwks, readJwks } from './jwks.ts';
import type { FetchDocument } from './port.ts';
import { shownUrl } from './shown-url.ts';

export type RemoteKeysPolicy = Extract<KeyProviderSource, { from: 'remote' }>;
export type OriginFault = FetchFault | DiscoveryFault | JwksFault;

/** A set as its issuer gave it; `jwks` undefined: the one with this validator still stands (304). */
export interface OriginJwks {
  readonly jwks: ReadJwks | undefined;
  readonly jwksUri: string;
  readonly etag: string | undefined;
  readonly freshSeconds: number | undefined;
}

/** What is held already, for a conditional request to the same URI. */
export interface Validator {
  readonly jwksUri: string;
  readonly etag: string | undefined;
}

/** What a metadata document said, and when. */
export interface Metadata extends Validator {
  readonly confirmedAt: NumericDate;
  readonly freshSeconds: number | undefined;
}

/** An issuer's endpoints: the metadata document if there is one to find, then the JWK Set it names. */
export class JwksOrigin {
  readonly #provider: KeyProvider;
  readonly #policy: RemoteKeysPolicy;
  readonly #fetch: FetchDocument;
  readonly #jitter: () => number;
  #metadata: (Metadata & { readonly lifetime: Lifetime }) | undefined;
  /** The URI answered as if the set had moved: the next load reads the metadata again. */
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
    if (jwksUriOf({ issuer, jwks_uri: metadata.jwksUri }, issuer).ok) this.#keep(metadata);
  }

  #keep(metadata: Metadata): void {
    const { confirmedAt, freshSeconds } = metadata;
    this.#metadata = {
      ...metadata,
      lifetime: lifetimeOf(confirmedAt, freshSeconds, this.#policy.cache, this.#jitter()),
    };
    this.#moved = false;
  }

  /** At most two requests, both within `signal`. */
  async load(
    held: Validator | undefined,
    now: NumericDate,
    signal: AbortSignal,
  ): Promise<Result<OriginJwks, Failure<OriginFault>>> {
    const jwksUri = await this.#resolve(now, signal);
    if (!jwksUri.ok) return jwksUri;
    const fetched = await this.#get(
      jwksUri.value,
      'application/jwk-set+json, application/json',
      held,
      signal,
    );
    if (!fetched.ok) {
      this.#moved = fetched.error.why === 'status' || fetched.error.why === 'redirect';
      return fetched;
    }
    const { etag, freshSeconds } = fetched.value;
    const loaded = { jwksUri: jwksUri.value, etag, freshSeconds };
    if (!fetched.value.modified) return ok({ ...loaded, jwks: undefined });
    const jwks = await readJwks(fetched.value.document, this.#policy.cache.maxKeys);
    return jwks.ok
      ? ok({ ...loaded, jwks: jwks.value })
      : err({ why: jwks.error, detail: shownUrl(jwksUri.value) });
  }

  /** The configured URI, or the discovered one: fetched when it is not fresh, kept while it is usable. */
  async #resolve(now: NumericDate, signal: AbortSignal): Promise<Result<string, Failure<OriginFault>>> {
    const { jwksUri, discovery } = this.#policy;
    if (jwksUri !== undefined) return ok(jwksUri);
    const held = this.#metadata;
    if (held !== undefined && !this.#moved && stateAt(held.lifetime, now) === 'fresh')
      return ok(held.jwksUri);
    const url = metadataUrl(this.#provider.issuer, discovery);
    if (url === undefined) return err({ why: 'issuer_not_a_url', detail: discovery });
    const read = await this.#readMetadata(url, held, now, signal);
    if (read.ok) {
      this.#keep(read.value);
      return ok(read.value.jwksUri);
    }
    const usable = held !== undefined && !signal.aborted && stateAt(held.lifetime, now) !== 'expired';
    return usable ? ok(held.jwksUri) : read;
  }

  async #readMetadata(
    url: string,
    held: Metadata | undefined,
    now: NumericDate,
    signal: AbortSignal,
  ): Promise<Result<Metadata, Failure<OriginFault>>> {
    const validator = held && { jwksUri: url, etag: held.etag };
    const fetched = await this.#get(url, 'application/json', validator, signal);
    if (!fetched.ok) return err({ ...fetched.error, detail: `metadata: ${fetched.error.detail}` });
    const { etag, freshSeconds, modified } = fetched.value;
    if (!modified) {
      return held === undefined
        ? err({ why: 'not_modified_unasked', detail: 'metadata' })
        : ok({ ...held, etag, freshSeconds: freshSeconds ?? held.freshSeconds, confirmedAt: now });
    }
    const jwksUri = jwksUriOf(fetched.value.document, this.#provider.issuer);
    return jwksUri.ok
      ? ok({ jwksUri: jwksUri.value, etag, freshSeconds, confirmedAt: now })
      : err({ why: jwksUri.error, detail: url });
  }

  #get(url: string, accept: string, held: Validator | undefined, signal: AbortSignal) {
    return fetchDocument(url, {
      fetch: this.#fetch,
      signal,
      maxBytes: this.#policy.cache.maxBytes,
      accept,
      etag: held?.jwksUri === url ? held.etag : undefined,
    });
  }
}
