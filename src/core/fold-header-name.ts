const ALREADY_FOLDED = /^[a-z0-9-]*$/;

/**
 * A header name as the laxest origin reads it: lower case, every character outside `[a-z0-9]` as `-`. CGI, WSGI, Rack
 * and PHP hand `X_User`, `X.User` and `X-User` to the application under one name, so names that fold alike are one header.
 */
export function foldHeaderName(name: string): string {
  return ALREADY_FOLDED.test(name) ? name : name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}
