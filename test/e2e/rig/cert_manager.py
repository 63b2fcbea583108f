# SPDX-License-Identifier: Apache-2.0
"""Replaces cert-manager with an issuer of kind CA: it makes the Secrets that Certificates request."""

import base64

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

_USAGES = {"server auth": ExtendedKeyUsageOID.SERVER_AUTH, "client auth": ExtendedKeyUsageOID.CLIENT_AUTH}


def issue(api, authority, folder, namespace, name):
    """Makes a new Secret for a Certificate, with the members that cert-manager sets; returns the certificate."""
    spec = api.get("cert-manager.io/v1", "Certificate", namespace, name)["spec"]
    names = [x509.DNSName(one) for one in spec.get("dnsNames", [])]
    names += [x509.UniformResourceIdentifier(one) for one in spec.get("uris", [])]
    (usage,) = (_USAGES[one] for one in spec["usages"] if one in _USAGES)
    made = authority.server(folder, [name], names=names, usage=usage)
    files = {"ca.crt": authority.ca_file, "tls.crt": made.cert_file, "tls.key": made.key_file}
    data = {key: base64.b64encode(file.read_bytes()).decode() for key, file in files.items()}
    metadata = {"name": spec["secretName"], "namespace": namespace}
    api.apply({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata, "data": data})
    return x509.load_pem_x509_certificate(made.cert_file.read_bytes())
