// Verifies the identity token of a Portcullis gateway, with Node's own modules alone.
import { createHash, createPublicKey, timingSafeEqual, verify } from 'node:crypto';

const sha256 = (text) => createHash('sha256').update(text, 'latin1').digest('base64url');
const same = (a, b) =>
  typeof a === 'string' && a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
const json = (part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));

/**
 * The verified claims, or an error. Headers that `hdr` does not name are no identity, whoever sent them.
 * @param request { method, target: path and query as received (`request.url`), header: (name) => value or undefined }
 * @param expected { jwks: the set from /.portcullis/jwks.json, issuer, audience, now: seconds }
 */
export function verifyIdentity(token, request, { jwks, issuer, audience, now = Date.now() / 1000 }) {
  const [head, payload, signature, ...rest] = String(token).split('.');
  if (signature === undefined || rest.length > 0) throw new Error('malformed');
  const { alg, typ, kid } = json(head);
  const key = jwks.keys.find((each) => each.kid === kid);
  if (alg !== 'ES256' || typ !== 'identity+jwt' || key === undefined) throw new Error('key');
  const signer = { key: createPublicKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' };
  const signed = Buffer.from(`${head}.${payload}`);
  if (!verify('sha256', signed, signer, Buffer.from(signature, 'base64url'))) throw new Error('signature');
  const claims = json(payload);
  if (claims.iss !== issuer || claims.aud !== audience) throw new Error('audience');
  if (!(now < claims.exp + 5 && now > claims.iat - 5 && claims.exp - claims.iat <= 60))
    throw new Error('time');
  if (claims.htm !== request.method || !same(claims.tgt, sha256(request.target))) throw new Error('request');
  const lines = claims.hdr.map((name) => {
    const value = request.header(name);
    return value === undefined ? `${name}\n` : `${name}:${value}\n`;
  });
  if (!same(claims.hdg, sha256(lines.join('')))) throw new Error('headers');
  return claims;
}
