import { readBounded } from '../core/bounded-body.ts';
import { before, DeadlineExceeded } from '../core/deadline.ts';
import type { JsonObject } from '../core/jose.ts';
import { isObject } from '../core/json.ts';
import { err, ok, type Result } from '../core/result.ts';
import { ageSeconds, explicitFreshSeconds } from './cache-control.ts';
import type { FetchDocument } from './port.ts';

/** A JSON object from an issuer, or its word that the one we hold still stands (RFC 9110 §15.4.5). */
export type FetchedDocument = {
  /** What the headers leave of the lifetime; undefined when they say nothing. */
  readonly freshSeconds: number | undefined;
  /** How long it lay in caches on the way. */
  readonly ageSeconds: number;
  readonly etag: string | undefined;
} & ({ readonly modified: true; readonly document: JsonObject } | { readonly modified: false });

export type FetchFault =
  | 'unreachable'
  | 'timeout'
  | 'redirect'
  | 'status'
  | 'too_large'
  | 'not_json'
  | 'not_modified_unasked'
  | 'not_modified_mismatch';

/** `detail` is for logs: a status, a size, never a body. */
export interface Failure<Why extends string = string> {
  readonly why: Why;
  readonly detail: string;
}

/** RFC 9110 §8.8.3; a longer or stranger validator is not sent back. */
const ETAG = /^(?:W\/)?"[\x21\x23-\x7e]{0,256}"$/;

/** Firewalls in front of identity providers turn away requests without one. */
const USER_AGENT = 'portcullis';

/**
 * Fetches a JSON object: status 200 or a 304 for what was asked for, no redirect followed, at most `maxBytes` after
 * content decoding, all of it before `signal` aborts. The content type is not consulted.
 */
export const fetchDocument = async (
  url: string,
  request: {
    readonly fetch: FetchDocument;
    readonly signal: AbortSignal;
    readonly maxBytes: number;
    readonly accept: string;
    readonly etag: string | undefined;
    /** Go past caches on the way: what they hold may be older than what is looked for (RFC 9111 §5.2.1.4). */
    readonly pastCaches: boolean;
  },
): Promise<Result<FetchedDocument, Failure<FetchFault>>> => {
  const { fetch, signal, etag, pastCaches } = request;
  const failed = (why: FetchFault, detail: string) => err({ why, detail });
  try {
    const headers = new Headers({ accept: request.accept, 'user-agent': USER_AGENT });
    if (etag !== undefined) headers.set('if-none-match', etag);
    if (pastCaches) headers.set('cache-control', 'no-cache');
    // Cloudflare's own cache heeds this and not the header.
    const cache = pastCaches ? { cache: 'no-store' as const } : {};
    const response = await before(signal, fetch(url, { headers, redirect: 'manual', signal, ...cache }));
    const { status } = response;
    if (status !== 200) {
      response.body?.cancel().catch(() => undefined);
      if (status === 304) {
        if (etag === undefined) return failed('not_modified_unasked', '304');
        return isAnother(response, etag)
          ? failed('not_modified_mismatch', '304')
          : ok(unmodified(response, etag));
      }
      return failed(status >= 300 && status < 400 ? 'redirect' : 'status', String(status));
    }
    const bytes = await readBounded(response.body, request.maxBytes, signal);
    if (bytes === 'too_large') return failed('too_large', `more than ${request.maxBytes} bytes`);
    const document = parseObject(bytes);
    if (document === undefined) return failed('not_json', `${bytes.byteLength} bytes`);
    return ok({
      modified: true,
      document,
      freshSeconds: explicitFreshSeconds(response.headers),
      ageSeconds: ageSeconds(response.headers),
      etag: validator(response),
    });
  } catch (cause) {
    if (cause instanceof DeadlineExceeded || signal.aborted) return failed('timeout', 'the deadline passed');
    return failed('unreachable', cause instanceof Error ? cause.name : 'unknown');
  }
};

const validator = (response: Response): string | undefined => {
  const etag = response.headers.get('etag');
  return etag !== null && ETAG.test(etag) ? etag : undefined;
};

/**
 * RFC 9111 §4.3.4: a 304 with the validator of another representation says nothing of the one that is held. Compared
 * weakly (RFC 9110 §8.8.3.2), since a proxy that compresses weakens what it passes on.
 */
const isAnother = (response: Response, etag: string): boolean => {
  const given = response.headers.get('etag');
  return given !== null && given.replace(/^W\//, '') !== etag.replace(/^W\//, '');
};

const unmodified = (response: Response, etag: string): FetchedDocument => ({
  modified: false,
  freshSeconds: explicitFreshSeconds(response.headers),
  ageSeconds: ageSeconds(response.headers),
  etag: validator(response) ?? etag,
});

/** A byte order mark in front is left out, as RFC 8259 §8.1 allows: editors write one into files that are served as keys. */
const parseObject = (bytes: Uint8Array): JsonObject | undefined => {
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
