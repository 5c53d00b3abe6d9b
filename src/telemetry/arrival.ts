import type { ReceivedRequest, RequestTarget } from '../core/received-request.ts';
import type { NumericDate } from '../core/time.ts';
import { ownString } from './own-string.ts';
import { printable } from './printable.ts';
import { newTraceId, nextReference, traceIdOf } from './reference.ts';

/** What is known of a request before anything is decided. */
export interface Arrival {
  readonly time: NumericDate;
  /** The trace id of the client's valid `traceparent`, else one of ours. The answer to a refused request shows it. */
  readonly reference: string;
  /** `CF-Ray`, where there is one. */
  readonly ray: string | undefined;
  /** The client's address; undefined where it is not to be logged, or not known. */
  readonly client: string | undefined;
}

export interface ArrivalOptions {
  readonly logClientAddress: boolean;
  /** Whether a trace that begins here goes on to the origin. */
  readonly makeTraceparent: boolean;
}

const RAY = /^[\w-]{1,64}$/;

export const describeArrival = (
  { traceparent, ray, clientAddress }: Pick<ReceivedRequest, 'traceparent' | 'ray' | 'clientAddress'>,
  time: NumericDate,
  { logClientAddress, makeTraceparent }: ArrivalOptions,
): Arrival => ({
  time,
  reference: traceIdOf(traceparent) ?? (makeTraceparent ? newTraceId() : nextReference()),
  ray: ray !== null && RAY.test(ray) ? ray : undefined,
  client: logClientAddress ? clientAddress : undefined,
});

/** What a request was for, as sent, without the query. */
export interface ShownTarget {
  readonly host: string;
  readonly path: string;
}

/** Longest host and path of an event; `routing/` takes no longer authority. */
const MAX_HOST = 260;
const MAX_PATH = 512;

/** Of a target that `routing/` has read: visible ASCII in both parts, and a bounded authority. */
export const showTarget = ({ authority, path }: RequestTarget): ShownTarget => ({
  host: authority,
  path: path.length <= MAX_PATH && !path.includes('eyJ') ? ownString(path) : printable(path, MAX_PATH),
});

/** Of a URL that may be refused for what it is. */
export function showUrl(url: string): ShownTarget {
  const authority = url.indexOf('://') + 3;
  const query = url.indexOf('?', authority);
  const target = query === -1 ? url : url.slice(0, query);
  const fragment = target.indexOf('#', authority);
  const end = fragment === -1 ? target.length : fragment;
  const slash = target.indexOf('/', authority);
  const path = slash === -1 || slash > end ? end : slash;
  return {
    host: printable(target.slice(authority, path), MAX_HOST),
    path: printable(target.slice(path, end), MAX_PATH),
  };
}
