/** Whether a request has content: the runtime makes a body of a length of zero, which is none (RFC 9110 §8.6). */
export const hasContent = (body: Request['body'], headers: Headers): boolean =>
  body !== null && !/^0+$/.test(headers.get('Content-Length') ?? '');
