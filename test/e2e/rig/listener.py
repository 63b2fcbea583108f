# SPDX-License-Identifier: Apache-2.0
"""The auth listener over TLS: its certificate, those of its clients, and the authorities of both."""

import ssl

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from .ca import Authority

NAME = "traefik.ingress.svc"
SERVER_AUTH = ExtendedKeyUsageOID.SERVER_AUTH


class Listener:
    """`authority` signs what the listener shows; an authority of their own signs its clients' certificates."""

    def __init__(self, authority, folder):
        self.authority, self._folder, self._made_n = authority, folder, 0
        self.cert_file, self.key_file = folder / "tls.crt", folder / "tls.key"
        self.clients = Authority(self._own_folder(), ["clients.test"])
        self.client_ca_file = self.clients.ca_file
        self.renew()

    def _own_folder(self):
        self._made_n += 1
        folder = self._folder / f"certificates-{self._made_n}"
        folder.mkdir()
        return folder

    def renew(self, **faults):
        """Puts another certificate with its key into the files, each by a rename."""
        new = self.authority.server(self._own_folder(), ["app.test"], **faults)
        new.key_file.chmod(0o600)
        new.cert_file.rename(self.cert_file)
        new.key_file.rename(self.key_file)

    def serial_shown(self):
        return x509.load_pem_x509_certificate(self.cert_file.read_bytes()).serial_number

    def settings(self, *, clients=False):
        """Those of sallyport; with `clients`, they must show a certificate."""
        settings = {"tls_cert_file": str(self.cert_file), "tls_key_file": str(self.key_file)}
        if clients:
            settings["tls_client_ca_file"] = str(self.client_ca_file)
            settings["tls_client_names"] = [NAME]
        return settings

    def client(self, authority=None, names=(NAME,), **faults):
        """The files of a client's certificate and its key."""
        alternatives = [
            x509.UniformResourceIdentifier(name) if "://" in name else x509.DNSName(name) for name in names
        ]
        return (authority or self.clients).client(self._own_folder(), NAME, names=alternatives, **faults)

    def forward_auth(self, *, clients=False):
        """What Traefik's middleware says of it."""
        told = {"ca": str(self.authority.ca_file)}
        if clients:
            told["cert"], told["key"] = map(str, self.client())
        return told

    def context(self, files=None, *, version=None, protocols=None):
        """For a client, with the certificate in `files`, if any; `version` is the only one of TLS."""
        context = self.authority.client_context()
        if files:
            context.load_cert_chain(*files)
        if version:
            context.minimum_version = context.maximum_version = version
        if protocols:
            context.set_alpn_protocols(protocols)
        return context


VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
