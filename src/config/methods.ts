/** Those that HTTP and WebDAV know and that a route may name. */
export const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'PROPFIND',
  'PROPPATCH',
  'MKCOL',
  'COPY',
  'MOVE',
  'LOCK',
  'UNLOCK',
  'REPORT',
  'SEARCH',
] as const;

/** Whether a route takes nothing but what has no content: GET and HEAD with content are refused, whatever its size. */
export const hasNoContent = (methods: unknown): boolean =>
  Array.isArray(methods) &&
  methods.length > 0 &&
  methods.every((method) => method === 'GET' || method === 'HEAD');
