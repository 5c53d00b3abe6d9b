/**
 * The path of a request's URL as it stands there. A router that unescapes it first would serve `/v1/stor%65` too, and
 * whoever guards a path in front of the Worker would have guarded one spelling of many.
 */
export function rawPath({ url }: Pick<Request, 'url'>): string {
  const start = url.indexOf('/', url.indexOf('://') + '://'.length);
  const query = url.indexOf('?', start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}
