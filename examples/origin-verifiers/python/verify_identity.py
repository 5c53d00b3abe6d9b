"""Verifies the identity token of a Portcullis gateway. Needs the package `cryptography`."""

import base64, hashlib, hmac, json, time
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives import hashes


def _bytes(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _same(digest, text):
    expected = base64.urlsafe_b64encode(hashlib.sha256(text.encode("latin-1")).digest()).rstrip(b"=")
    return hmac.compare_digest(digest.encode(), expected)


def verify_identity(token, method, target, header, jwks, issuer, audience, now=None):
    """The verified claims, or ValueError. Headers that `hdr` does not name are no identity, whoever sent them.

    target: path and query as received, not decoded (gunicorn: RAW_URI). header: name -> value or None.
    jwks: the set from /.portcullis/jwks.json.
    """
    try:
        head, payload, signature = token.split(".")
        names = json.loads(_bytes(head))
        key = next(each for each in jwks["keys"] if each["kid"] == names["kid"])
        if names["alg"] != "ES256" or names["typ"] != "identity+jwt":
            raise ValueError("key")
        x, y = (int.from_bytes(_bytes(key[part]), "big") for part in ("x", "y"))
        raw = _bytes(signature)
        der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        public.verify(der, f"{head}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
        claims = json.loads(_bytes(payload))
    except Exception as error:
        raise ValueError("malformed, or not signed by the gateway") from error
    now = time.time() if now is None else now
    if claims["iss"] != issuer or claims["aud"] != audience:
        raise ValueError("audience")
    if not (claims["iat"] - 5 < now < claims["exp"] + 5 and claims["exp"] - claims["iat"] <= 60):
        raise ValueError("time")
    if claims["htm"] != method or not _same(claims["tgt"], target):
        raise ValueError("request")
    values = [(name, header(name)) for name in claims["hdr"]]
    lines = [f"{name}\n" if value is None else f"{name}:{value}\n" for name, value in values]
    if not _same(claims["hdg"], "".join(lines)):
        raise ValueError("headers")
    return claims
