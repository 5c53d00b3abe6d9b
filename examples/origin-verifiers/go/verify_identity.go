// Package identity verifies the identity token of a Portcullis gateway, with Go's standard library alone.
package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"time"
)

var url64 = base64.RawURLEncoding

// JWKS is the set from /.portcullis/jwks.json.
type JWKS struct {
	Keys []struct{ Kid, X, Y string }
}

// Claims of a verified token. Headers that Hdr does not name are no identity, whoever sent them.
type Claims struct {
	Iss, Aud, Sub, Jti, Htm, Tgt, Hdg string
	Iat, Exp                          int64
	Hdr                               []string
	Identity                          map[string]string
}

func same(digest, text string) bool {
	sum := sha256.Sum256([]byte(text))
	return subtle.ConstantTimeCompare([]byte(digest), []byte(url64.EncodeToString(sum[:]))) == 1
}

// Verify checks that the gateway made this very request, for this audience, just now.
func Verify(token string, r *http.Request, jwks JWKS, issuer, audience string, now time.Time) (claims Claims, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return claims, errors.New("malformed")
	}
	var head struct{ Alg, Typ, Kid string }
	rawHead, err1 := url64.DecodeString(parts[0])
	payload, err2 := url64.DecodeString(parts[1])
	signature, err3 := url64.DecodeString(parts[2])
	if err1 != nil || err2 != nil || err3 != nil || len(signature) != 64 || json.Unmarshal(rawHead, &head) != nil {
		return claims, errors.New("malformed")
	}
	signed := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	found := false
	for _, key := range jwks.Keys {
		x, _ := url64.DecodeString(key.X)
		y, _ := url64.DecodeString(key.Y)
		public := ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)}
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		found = found || key.Kid == head.Kid && ecdsa.Verify(&public, signed[:], r, s)
	}
	if head.Alg != "ES256" || head.Typ != "identity+jwt" || !found {
		return claims, errors.New("signature")
	}
	if err = json.Unmarshal(payload, &claims); err != nil {
		return claims, err
	}
	lines := ""
	for _, name := range claims.Hdr {
		if values := r.Header.Values(name); len(values) > 0 {
			name += ":" + strings.Join(values, ", ")
		}
		lines += name + "\n"
	}
	at := now.Unix()
	switch {
	case claims.Iss != issuer || claims.Aud != audience:
		return claims, errors.New("audience")
	case at <= claims.Iat-5 || at >= claims.Exp+5 || claims.Exp-claims.Iat > 60:
		return claims, errors.New("time")
	case claims.Htm != r.Method || !same(claims.Tgt, r.RequestURI):
		return claims, errors.New("request")
	case !same(claims.Hdg, lines):
		return claims, errors.New("headers")
	}
	return claims, nil
}
