import { describe, expect, it } from 'vitest';
import { respond } from '../../src/http/respond.ts';
import { answerMetadata, findDocument, resourceDocuments } from '../../src/resource-metadata/answer.ts';

const DOCUMENT = {
  host: 'api.example',
  path: '/.well-known/oauth-protected-resource/mcp',
  document: '{"resource":"https://api.example/mcp"}',
  maxAgeSeconds: 300,
};
const documents = resourceDocuments([DOCUMENT]) ?? new Map();
const answer = (method: string) => {
  const result = answerMetadata(method, DOCUMENT);
  if (!result.ok) throw new Error(result.error.reason);
  return result.value;
};

const RESOURCE = {
  metadataUrl: 'https://api.example/.well-known/oauth-protected-resource/mcp',
  challengeScope: 'tools:call tools:list',
};

describe('RFC 9728: protected resource metadata', () => {
  it('RFC 9728 §3.1: GET has the document as application/json, for caches to keep as long as configured', async () => {
    const response = answer('GET');
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(DOCUMENT.document);
    expect(Object.fromEntries(response.headers)).toEqual({
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=300',
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
    });
  });

  it('RFC 9728 §3.1: HEAD has the headers of GET and no content', async () => {
    expect([...answer('HEAD').headers]).toEqual([...answer('GET').headers]);
    expect(await answer('HEAD').text()).toBe('');
  });

  it('RFC 9728 §3.1: a page may ask with any header but credentials', () => {
    const response = answer('OPTIONS');
    expect(response.status).toBe(204);
    expect(response.headers.get('Access-Control-Allow-Headers')).toBe('*');
    expect(response.headers.get('Access-Control-Allow-Methods')).toBe('GET, HEAD');
    expect(response.headers.has('Access-Control-Allow-Credentials')).toBe(false);
  });

  it.each(['POST', 'PUT', 'DELETE', 'get', 'TRACE'])('RFC 9728 §3.1: %s is no way to ask', (method) => {
    expect(answerMetadata(method, DOCUMENT)).toEqual({
      ok: false,
      error: { reason: 'method_not_allowed', allow: ['GET', 'HEAD', 'OPTIONS'] },
    });
  });

  it.each([
    ['api.example', '/.well-known/oauth-protected-resource/mcp', true],
    ['api.example', '/.well-known/oauth-protected-resource', false],
    ['api.example', '/.well-known/oauth-protected-resource/', false],
    ['api.example', '/.well-known/oauth-protected-resource/mcp/', false],
    ['api.example', '/.well-known/oauth-protected-resource/mc%70', false],
    ['api.example', '/.well-known/oauth-protected-resource/MCP', false],
    ['api.example', '/mcp/.well-known/oauth-protected-resource', false],
    ['other.example', '/.well-known/oauth-protected-resource/mcp', false],
  ])('RFC 9728 §3.3: %s%s names the resource it is asked for: %s', (host, path, found) => {
    expect(findDocument(documents, { host, path })).toBe(found ? DOCUMENT : undefined);
  });

  it.each([
    ['credentials_missing', 'Bearer realm="api", scope="tools:call tools:list"'],
    [
      'expired',
      'Bearer realm="api", error="invalid_token", error_description="The access token is not valid.", scope="tools:call tools:list"',
    ],
  ] as const)(
    'RFC 9728 §5.1: the challenge of %s names the metadata, and the scope to ask for',
    (reason, before) => {
      const rejection = reason === 'expired' ? { reason, evidence: 'exp' } : { reason };
      const header = respond(rejection, 'GET', { resource: RESOURCE }).headers.get('WWW-Authenticate');
      expect(header).toBe(`${before}, resource_metadata="${RESOURCE.metadataUrl}"`);
    },
  );

  it('RFC 9728 §5.1: a scope that is wanting is named once', () => {
    const rejection = { reason: 'scope_insufficient', scope: ['tools:call'] } as const;
    const header = respond(rejection, 'GET', { resource: RESOURCE }).headers.get('WWW-Authenticate');
    expect(header?.match(/scope="[^"]*"/g)).toEqual(['scope="tools:call"']);
    expect(header).toContain(`resource_metadata="${RESOURCE.metadataUrl}"`);
  });

  it('RFC 9728 §5.1: without metadata no challenge names any, and an answer without challenge gets none', () => {
    expect(respond({ reason: 'credentials_missing' }, 'GET').headers.get('WWW-Authenticate')).toBe(
      'Bearer realm="api"',
    );
    expect(
      respond({ reason: 'route_not_found' }, 'GET', { resource: RESOURCE }).headers.has('WWW-Authenticate'),
    ).toBe(false);
  });
});
