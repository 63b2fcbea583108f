# SPDX-License-Identifier: Apache-2.0
"""Signing keys of a scripted issuer: JWKs, and JWS in any form that a test needs."""

import base64
import hashlib
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

_HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_CURVES = {
    "ES256": (ec.SECP256R1, "P-256", 32),
    "ES384": (ec.SECP384R1, "P-384", 48),
    "ES512": (ec.SECP521R1, "P-521", 66),
}


def b64(bytes):
    return base64.urlsafe_b64encode(bytes).rstrip(b"=").decode()


def b64_json(value):
    return b64(json.dumps(value, separators=(",", ":")).encode())


def _unsigned(number, length=None):
    return b64(number.to_bytes(length or (number.bit_length() + 7) // 8, "big"))


def half_hash(alg, text):
    """The left half of a hash, as in at_hash and c_hash."""
    name = "sha512" if alg == "EdDSA" else f"sha{alg[2:]}"
    digest = hashlib.new(name, text.encode()).digest()
    return b64(digest[: len(digest) // 2])


class Key:
    """A key pair for one algorithm of JWA."""

    def __init__(self, alg="RS256", kid="key-1"):
        self.alg, self.kid = alg, kid
        if alg[:2] in ("RS", "PS"):
            self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        elif alg in _CURVES:
            self.private = ec.generate_private_key(_CURVES[alg][0]())
        else:
            self.private = ed25519.Ed25519PrivateKey.generate()

    def jwk(self, **changes):
        """The public key; a member that is None in `changes` is left out."""
        full = {"kid": self.kid, "use": "sig", "alg": self.alg, **self._material(), **changes}
        return {name: value for name, value in full.items() if value is not None}

    def _material(self):
        public = self.private.public_key()
        if self.alg[:2] in ("RS", "PS"):
            numbers = public.public_numbers()
            return {"kty": "RSA", "n": _unsigned(numbers.n), "e": _unsigned(numbers.e)}
        if self.alg in _CURVES:
            _, curve, length = _CURVES[self.alg]
            numbers = public.public_numbers()
            return {
                "kty": "EC",
                "crv": curve,
                "x": _unsigned(numbers.x, length),
                "y": _unsigned(numbers.y, length),
            }
        return {"kty": "OKP", "crv": "Ed25519", "x": b64(public.public_bytes_raw())}

    def signature(self, message):
        family, digest = self.alg[:2], _HASHES.get(self.alg[2:])
        if family == "RS":
            return self.private.sign(message, padding.PKCS1v15(), digest)
        if family == "PS":
            salted = padding.PSS(padding.MGF1(digest), digest.digest_size)
            return self.private.sign(message, salted, digest)
        if family == "ES":
            length = _CURVES[self.alg][2]
            r, s = utils.decode_dss_signature(self.private.sign(message, ec.ECDSA(digest)))
            return r.to_bytes(length, "big") + s.to_bytes(length, "big")
        return self.private.sign(message)

    def sign(self, claims, header=()):
        """A compact JWS of `claims`; `header` replaces members of the usual one, and None leaves a member out."""
        full = {"alg": self.alg, "kid": self.kid, **dict(header)}
        full = {name: value for name, value in full.items() if value is not None}
        message = f"{b64_json(full)}.{b64_json(claims)}".encode()
        return f"{message.decode()}.{b64(self.signature(message))}"
