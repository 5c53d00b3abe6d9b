import type { ResourceDocument } from '../core/answer-policy.ts';
import { err, ok, type Result } from '../core/result.ts';

/** By host and path. undefined: no route says what it protects. */
export type ResourceDocuments = ReadonlyMap<string, ResourceDocument>;

export const resourceDocuments = (documents: readonly ResourceDocument[]): ResourceDocuments | undefined =>
  documents.length === 0
    ? undefined
    : new Map(documents.map((document) => [keyOf(document.host, document.path), document]));

const keyOf = (host: string, path: string): string => `${host}${path}`;

/** The document that a request asks for; `path` is compared as sent, so another spelling of it is another path. */
export const findDocument = (
  documents: ResourceDocuments,
  { host, path }: { readonly host: string; readonly path: string },
): ResourceDocument | undefined =>
  path.startsWith('/.well-known/') ? documents.get(keyOf(host, path)) : undefined;

const METHODS = ['GET', 'HEAD', 'OPTIONS'] as const;

/** Every page may read it: it is public, and a client that runs in a browser starts here (Fetch Standard, CORS). */
const EVERY_PAGE = { 'Access-Control-Allow-Origin': '*' } as const;

/**
 * Answers for OAuth 2.0 Protected Resource Metadata (RFC 9728 §3.1, §3.2): the document to GET, its headers to HEAD, and
 * to OPTIONS what pages may send, without credentials. The query is not looked at.
 * Rejects with `method_not_allowed` for every other method.
 */
export function answerMetadata(
  method: string,
  { document, maxAgeSeconds }: Pick<ResourceDocument, 'document' | 'maxAgeSeconds'>,
): Result<Response> {
  switch (method) {
    case 'GET':
    case 'HEAD':
      return ok(
        new Response(method === 'HEAD' ? null : document, {
          headers: {
            ...EVERY_PAGE,
            'Content-Type': 'application/json',
            'Cache-Control': `public, max-age=${maxAgeSeconds}`,
            'X-Content-Type-Options': 'nosniff',
          },
        }),
      );
    case 'OPTIONS':
      return ok(
        new Response(null, {
          status: 204,
          headers: {
            ...EVERY_PAGE,
            Allow: METHODS.join(', '),
            'Access-Control-Allow-Methods': 'GET, HEAD',
            // Every header but `Authorization`, such as the version that MCP clients send.
            'Access-Control-Allow-Headers': '*',
            'Access-Control-Max-Age': '7200',
          },
        }),
      );
    default:
      return err({ reason: 'method_not_allowed', allow: METHODS });
  }
}
