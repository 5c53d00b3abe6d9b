/**
 * The smallest Worker that verifies a signature and sets three headers: one key, imported once, one WebCrypto
 * verify. It checks exp and nothing else: no issuer, audience, type, revocation or scope.
 */
export type Env = { ORIGIN: string; JWKS: { keys: (JsonWebKey & { kid: string; alg: string })[] } };

const IMPORT: Record<string, SubtleCryptoImportKeyAlgorithm> = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
};
const VERIFY: Record<string, SubtleCryptoSignAlgorithm> = {
  RS256: { name: 'RSASSA-PKCS1-v1_5' },
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
};
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const keys = new Map<string, CryptoKey>();

const bytes = (text: string) => Uint8Array.fromBase64(text, { alphabet: 'base64url' });

type Claims = { exp: number; sub: string; org: { tenant_id: string }; roles: string[] };

export async function verifiedClaims(token: string, jwks: Env['JWKS']): Promise<Claims | undefined> {
  const [head = '', body = '', signature = ''] = token.split('.');
  const { kid } = JSON.parse(decoder.decode(bytes(head))) as { kid: string };
  const jwk = jwks.keys.find((key) => key.kid === kid);
  if (jwk === undefined) return undefined;
  let key = keys.get(kid);
  if (key === undefined) {
    key = await crypto.subtle.importKey('jwk', jwk, IMPORT[jwk.alg] ?? '', false, ['verify']);
    keys.set(kid, key);
  }
  const algorithm = VERIFY[jwk.alg] ?? '';
  const input = encoder.encode(token.slice(0, head.length + 1 + body.length));
  if (!(await crypto.subtle.verify(algorithm, key, bytes(signature), input))) return undefined;
  const claims = JSON.parse(decoder.decode(bytes(body))) as Claims;
  return claims.exp < Date.now() / 1000 ? undefined : claims;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const token = request.headers.get('Authorization')?.slice(7) ?? '';
    const claims = await verifiedClaims(token, env.JWKS);
    if (claims === undefined) return new Response(null, { status: 401 });
    const { pathname, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    headers.delete('Authorization');
    headers.set('X-User-Id', claims.sub);
    headers.set('X-Tenant', claims.org.tenant_id);
    headers.set('X-Roles', JSON.stringify(claims.roles));
    return fetch(env.ORIGIN + pathname + search, { method: request.method, headers, body: request.body });
  },
};
