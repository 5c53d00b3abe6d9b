import { readBounded } from '../core/bounded-body.ts';
import { withinDeadline } from '../core/deadline.ts';
import { fetchWithServices, serviceBindings } from '../keys/service-fetch.ts';

/** Another Worker of this deployment, asked as whoever asks us. */
export type Peer = (path: `/${string}`, question: Question) => Promise<PeerAnswer>;

export interface Question {
  readonly method: 'GET' | 'POST';
  /** The caller's own credentials: the peer decides about them. */
  readonly authorization: string;
  /** Sent as JSON; undefined: there is none. */
  readonly body?: unknown;
}

export interface PeerAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

const TIMEOUT_MS = 5_000;
/** A policy of 2,000 routes has about as much. */
const MAX_BYTES = 2 * 1024 * 1024;

/**
 * Asks the Worker at `address`, an origin or `service:BINDING`; undefined: there is none to ask. Follows no redirect, for
 * the credentials are for this one alone. Throws where it does not answer, or answers more than anybody reads.
 */
export function createPeer(address: string | undefined, bindings: object): Peer | undefined {
  if (address === undefined) return undefined;
  const ask = fetchWithServices((url, init) => fetch(url, init), serviceBindings(bindings));
  return (path, { method, authorization, body }) =>
    withinDeadline(TIMEOUT_MS, async (signal) => {
      const response = await ask(`${address}${path}`, {
        method,
        headers: {
          Authorization: authorization,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'manual',
        signal,
      });
      const read = await readBounded(response.body, MAX_BYTES, signal);
      if (read === 'too_large') throw new RangeError('the answer is too large');
      return { status: response.status, body: read };
    });
}
