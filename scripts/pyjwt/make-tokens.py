"""Makes keys, their key set, and tokens by each algorithm with PyJWT, and prints them as JSON.

The gateway verifies with another library: what both agree on is what the RFCs say.
"""

import json
import sys
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

secret = "a secret that is as long as the longest hash, which has sixty-four bytes"
rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
pss_key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
ec_keys = {name: ec.generate_private_key(curve) for name, curve in curves.items()}
ed_key = ed25519.Ed25519PrivateKey.generate()

private = {
    **{name: rsa_key for name in ("RS256", "RS384", "RS512")},
    **{name: pss_key for name in ("PS256", "PS384", "PS512")},
    **ec_keys,
    "EdDSA": ed_key,
    **{name: secret for name in ("HS256", "HS384", "HS512")},
}


def as_jwk(kind, key, **fields):
    return {**json.loads(kind.to_jwk(key.public_key())), "use": "sig", **fields}


keys = [
    as_jwk(RSAAlgorithm, rsa_key, kid="RS"),
    # A key says one algorithm at most, so this one says none: the method lists its family first.
    as_jwk(RSAAlgorithm, pss_key, kid="PS"),
    *(as_jwk(ECAlgorithm, key, kid=name, alg=name) for name, key in ec_keys.items()),
    as_jwk(OKPAlgorithm, ed_key, kid="EdDSA"),
]


def key_id(algorithm):
    return algorithm[:2] if algorithm[:2] in ("RS", "PS") else algorithm


now = int(time.time())
claims = {"sub": "ada", "iss": "https://id.example", "aud": ["orders", "users"], "iat": now, "exp": now + 3600}
tokens = {
    algorithm: jwt.encode(claims, key, algorithm=algorithm, headers={"kid": key_id(algorithm)})
    for algorithm, key in private.items()
}
json.dump({"secret": secret, "keys": keys, "tokens": tokens}, sys.stdout)
