import type { ReceivedRequest } from '../../core/received-request.ts';
import type { ClientRequest } from './port.ts';

/** By hand: `new Request` would take the dots out of a path, and with them what a test may be about. */
export function received({ method, url, headers: pairs, body }: ClientRequest): ReceivedRequest {
  const headers = new Headers(pairs.map(([name, value]) => [name, value]));
  const request =
    body === undefined
      ? new Request('https://offline.invalid/')
      : new Request('https://offline.invalid/', { method: 'POST', body });
  return {
    request,
    url,
    method,
    headers,
    clientAddress: undefined,
    traceparent: headers.get('traceparent'),
    ray: null,
  };
}
